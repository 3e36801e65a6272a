// The live table of a report. Written by the pages about the organization.
export {}
