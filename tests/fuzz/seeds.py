#!/usr/bin/python3
"""seeds.py DIR -- the first inputs of each fuzz target: small and sound ones,
which a fuzzer then spoils, and the classic ways to be wrong."""
import gzip
import os
import struct
import sys
import zlib


def put(target, name, data):
    folder = os.path.join(sys.argv[1], target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(width, height, depth, colour, rows, extra=b"", interlace=0):
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


images = struct.pack(">IIII", 0x803, 2, 3, 4) + bytes(range(24))
labels = struct.pack(">II", 0x801, 5) + bytes([0, 1, 2, 1, 0])
packed = gzip.compress(images, mtime=0)

put("idx", "images", b"\x03" + images)
put("idx", "half", b"\x01" + images)
put("idx", "labels", b"\x02" + labels)
put("idx", "packed", b"\x03" + packed)
put("idx", "parts", b"\x02" + gzip.compress(labels[:6], mtime=0) +
    gzip.compress(labels[6:], mtime=0))
put("idx", "cut", b"\x03" + packed[:-5])
put("idx", "largest", b"\x03" + struct.pack(">IIII", 0x803, 2**32 - 1, 1 << 14, 1 << 14))
put("idx", "packed-largest", b"\x03" + gzip.compress(
    struct.pack(">IIII", 0x803, 2**32 - 1, 1 << 14, 1 << 14), mtime=0))

put("gunzip", "one", b"\x00" + packed)
put("gunzip", "two", b"\xff" + packed + gzip.compress(b"more", mtime=0))
put("gunzip", "rest", b"\x10" + packed + b"rest")
put("gunzip", "bomb", b"\xff" + gzip.compress(bytes(3 << 20), mtime=0))
put("gunzip", "named", b"\x02" + b"\x1f\x8b\x08\x1e" + bytes(6) +
    struct.pack("<H", 3) + b"abcname\0remark\0" + b"\0\0" + packed[10:])

put("png", "rgb", png(2, 2, 8, 2, b"\0" + bytes(6) + b"\1" + bytes(6)))
put("png", "grey1", png(9, 2, 1, 0, b"\0\xaa\x80\2\1\0"))
put("png", "deep", png(1, 2, 16, 6, b"\0" + bytes(8) + b"\4" + bytes(8)))
put("png", "palette", png(3, 1, 2, 3, b"\0\x1b",
                          chunk(b"PLTE", bytes(12)) + chunk(b"tRNS", b"\0\x80")))
put("png", "woven", png(3, 3, 8, 0, b"\0\1" * 9, interlace=1))
put("png", "large", png(1 << 20, 1 << 20, 8, 2, b""))
put("png", "wide", png(60000, 60000, 8, 2, b""))

put("net", "basic", b"\0\x1b\x1b\x09" + b"basic")
put("net", "conv", b"\0\x1b\x1b\x09" + b"conv3x10 relu linear8 relu linear")
put("net", "first", b"\2\x0b\x0b\x02" + b"relu conv1x1 conv12x2 linear")
put("net", "large", b"\0\x1b\x1b\x09" + b"conv1x1000000 conv1x1000000 linear")
put("net", "many", b"\0\x1b\x1b\x09" + b"relu " * 33 + b"linear")
put("net", "huge-input", b"\xfb\xfb\xfb\x09" + b"linear")
put("net", "number", b"\0\x1b\x1b\x09" + b"conv03x10 conv3x99999999999999999999 linear")

put("options", "arguments", b"\0" + b"--epochs\n3\n--lr=1e-2\n--quiet\n--data\nx\"y\\z")
put("options", "lists", b"\0" + b"--stages=train,plot\n--tsne-perplexity\n5,30\n"
    b"--tsne-sweep=2,3.5\n--tsne-dims\n3\n--target\n7")
put("options", "exigo", b"\0" + b"--preset\nexigo\n--tsne-lr\n200\n--tsne-engine=fft")
put("options", "file", b"\1" + b"# run\nepochs = 2\n model=conv3x4 linear \n\npreset = exigo\n")
put("options", "wrong", b"\1" + b"epochs = nan\nlr = 0x1p-3\nno line\n")
put("options", "long", b"\1" + b"data = " + b"x" * 1100 + b"\n")
put("options", "zero", b"\1" + b"data = a\0b\n\xff\xfe = \x1b[31m\n")

put("results", "nothing", b"")
put("results", "types", bytes([0, 1, 0, 3, 4, 1, 5, 0, 40, 9, 0, 4, 14, 2, 2, 3, 3, 1]))
put("results", "huge", bytes([0, 12, 0, 5, 6, 2, 10, 14, 2, 0, 20, 0, 7, 6, 2, 15, 15, 2]))
put("results", "links", bytes([0, 3, 0, 1, 9, 0, 5, 0, 2, 4, 1, 7, 0, 1, 3, 4, 8, 0, 1, 0, 6]))
put("results", "texts", bytes([0, 0, 0, 7, 14, 1, 4, 2, 3, 2, 0, 7, 12, 0, 2, 2]))

put("checkpoint", "nothing", b"\1")
put("checkpoint", "seal", b"\0exigo checkpoint 1\nbytes 99999\n")
put("checkpoint", "length", b"\0exigo checkpoint 1\nbytes -1\ncrc32 0")
put("checkpoint", "types", bytes([1, 8, 0, 3, 4, 1, 5, 0, 40, 9, 0, 4, 14, 2, 2, 3, 3, 1]))
put("checkpoint", "links", bytes([1, 3, 0, 1, 9, 0, 5, 0, 2, 4, 1, 7, 0, 1, 3, 4, 8, 0, 1]))

put("text", "plain", "name 3 · caf\u00e9 \u20ac \U0001f600".encode())
put("text", "markup", b"<b>&amp;</title><script>--> ]]> \"quoted\" \\ --")
put("text", "terminal", b"\x1b[2J\x1b]0;t\x07 \x9b31m \xc2\x9b31m \x7f\t\r\n")
put("text", "broken", b"\xc3( \xe2\x82 \xf0\x9f\x98 \xed\xa0\x80 \xc0\xaf \xff\xfe \xf4\x90\x80\x80")
put("text", "turned", "a\u202eb\u2066c\u2028d\ufffee\uffff".encode())
put("text", "ids", b"surface1 image22 source3 mask99999999999999999999 surface")
put("text", "long", "\u20ac".encode() * 200 + b"\x01" * 300)
