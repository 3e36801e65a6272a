"""Writes the same ten cells a row with XlsxWriter, as fast as it can: constant_memory, a typed call per cell, zlib level 3."""

import datetime
import functools
import json
import sys
import time
import zipfile
import zlib

import xlsxwriter
import xlsxwriter.workbook

# XlsxWriter has no option for the level; this is where it makes its archive.
xlsxwriter.workbook.ZipFile = functools.partial(zipfile.ZipFile, compresslevel=3)

GIVEN_NAMES = ["Anna", "Zoë", "Åsa", "山田", "Müller & Co", "José", 'O"Brien', "Łukasz"]
SCOPES = [
    "vso.code",
    "vso.code_write vso.build_execute",
    "app_token",
    "vso.packaging_write",
    "vso.work vso.wiki vso.test_write",
    "vso.release_manage",
    "vso.graph vso.identity",
]
HEADERS = ["Owner", "Mail", "Type", "Token", "Scopes", "ID", "Created", "Expires", "Full", "Days"]
EPOCH = datetime.datetime(2026, 1, 1)
TOKENS_OF_A_USER = 200


def ten_cells(index):
    user = index // TOKENS_OF_A_USER
    created = EPOCH + datetime.timedelta(days=(index * 7919) % 300, seconds=index % 86400)
    return (
        f"{GIVEN_NAMES[user % len(GIVEN_NAMES)]} {user}",
        f"person{user}@fabrikam.com",
        "guest" if user % 9 == 0 else "member",
        f'pipeline <{index}> "ci"',
        SCOPES[index % len(SCOPES)],
        f"00000000-0000-4000-8000-{index:012d}",
        created,
        created + datetime.timedelta(days=30 + index % 336),
        index % 7 == 2,
        index % 400,
    )


def fingerprint(rows):
    text = "".join(
        "|".join(
            cell.strftime("%Y-%m-%dT%H:%M:%SZ")
            if isinstance(cell, datetime.datetime)
            else ("true" if cell else "false") if isinstance(cell, bool) else str(cell)
            for cell in ten_cells(index)
        )
        for index in range(min(rows, 1000))
    )
    return zlib.crc32(text.encode("utf-8"))


def write(rows, file):
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet("Tokens")
    bold = book.add_format({"bold": True})
    times = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(HEADERS) - 1, 24)
    for column, header in enumerate(HEADERS):
        sheet.write_string(0, column, header, bold)
    write_string, write_datetime = sheet.write_string, sheet.write_datetime
    for index in range(rows):
        row = index + 1
        cells = ten_cells(index)
        for column in range(6):
            write_string(row, column, cells[column])
        write_datetime(row, 6, cells[6], times)
        write_datetime(row, 7, cells[7], times)
        sheet.write_boolean(row, 8, cells[8])
        sheet.write_number(row, 9, cells[9])
    sheet.autofilter(0, 0, rows, len(HEADERS) - 1)
    book.close()


def main():
    rows, file = int(sys.argv[1]), sys.argv[2]
    started = time.perf_counter()
    write(rows, file)
    print(json.dumps({"seconds": time.perf_counter() - started, "fingerprint": fingerprint(rows), "version": xlsxwriter.__version__}))


main()
