"""Writes a compound file anew without its thumbnail, which makes up most of what LibreOffice saves: python shrink.py big.ppt small.ppt"""
import struct
import sys

import olefile

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def without_thumbnail(summary):
    """The property set again, with the properties that come before the thumbnail."""
    count = struct.unpack_from("<I", summary, 52)[0]
    entries = [struct.unpack_from("<II", summary, 56 + 8 * i) for i in range(count)]
    places = sorted(place for _, place in entries) + [len(summary) - 48]
    kept = [(number, summary[48 + place:48 + places[places.index(place) + 1]]) for number, place in entries if number != 17]
    body, table, at = b"", b"", 8 + 8 * len(kept)
    for number, value in kept:
        table += struct.pack("<II", number, at)
        body += value
        at += len(value)
    return summary[:48] + struct.pack("<II", at, len(kept)) + table + body


def sectors(data, size):
    return [data[i:i + size].ljust(size, b"\0") for i in range(0, len(data), size)]


def chain(table, count):
    start = len(table)
    table += [start + i + 1 for i in range(count - 1)] + [END] * (count > 0)
    return start if count else END


def main(source, target):
    old = olefile.OleFileIO(source)
    streams = {path[0]: old.openstream(path).read() for path in old.listdir() if len(path) == 1}
    if "\x05SummaryInformation" in streams:
        streams["\x05SummaryInformation"] = without_thumbnail(streams["\x05SummaryInformation"])
    names = sorted((name for name in streams if streams[name]), key=lambda name: (len(name), name.upper()))
    fat, data, mini_fat, mini, places = [], [], [], b"", {}
    for name in names:
        if len(streams[name]) < 4096:
            parts = sectors(streams[name], 64)
            places[name] = chain(mini_fat, len(parts))
            mini += b"".join(parts)
        else:
            parts = sectors(streams[name], 512)
            places[name] = chain(fat, len(parts))
            data += parts
    parts = sectors(mini, 512)
    mini_start = chain(fat, len(parts))
    data += parts
    parts = sectors(b"".join(struct.pack("<I", entry) for entry in mini_fat), 512)
    mini_fat_start, mini_fat_count = chain(fat, len(parts)), len(parts)
    data += parts
    entry = lambda name, kind, left, right, child, start, size: (
        (name.encode("utf-16-le") + b"\0\0").ljust(64, b"\0")
        + struct.pack("<HBBIII", 2 * len(name) + 2, kind, 1, left, right, child) + b"\0" * 36 + struct.pack("<IQ", start, size))
    # The names as a list to the right: a tree, if not a balanced one.
    directory = entry("Root Entry", 5, FREE, FREE, 1, mini_start, len(mini))
    for i, name in enumerate(names, 1):
        directory += entry(name, 2, FREE, i + 1 if i < len(names) else FREE, FREE, places[name], len(streams[name]))
    parts = sectors(directory, 512)
    directory_start = chain(fat, len(parts))
    data += parts
    fat_sectors = 1
    while 128 * fat_sectors < len(fat) + fat_sectors:
        fat_sectors += 1
    fat_start = len(fat)
    fat += [FAT] * fat_sectors
    fat += [FREE] * (128 * fat_sectors - len(fat))
    data += sectors(b"".join(struct.pack("<I", entry) for entry in fat), 512)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIIII", 0, fat_sectors, directory_start, 0, 4096, mini_fat_start, mini_fat_count, END, 0, fat_start)
    header += b"".join(struct.pack("<I", fat_start + i if i < fat_sectors else FREE) for i in range(1, 109))
    open(target, "wb").write(header + b"".join(data))


main(sys.argv[1], sys.argv[2])
