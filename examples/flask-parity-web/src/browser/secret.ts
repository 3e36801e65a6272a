// Shows and copies a new token's secret.
export {}
