"""Decode the packets that our measuring buoys send by long-range radio.

A buoy wakes every ten minutes, measures, packs the result into 20 bytes and
sends it once. There is no acknowledgement: a packet that is lost on the air is
lost, but the buoy also keeps its last 48 records in memory and repeats the
newest eight of them at midnight UTC, so most gaps close by themselves.

Layout, all numbers big-endian:

    0      protocol version, currently 3
    1      buoy number, 1 to 12
    2-5    seconds since 2020-01-01 00:00 UTC
    6-7    water temperature, hundredths of a degree, offset by 5 degrees
    8-9    salinity in hundredths
    10-11  turbidity in tenths of NTU
    12-13  wave height in millimetres
    14     battery, volts = value / 50 + 8
    15     flags, see the FLAG_ constants
    16-17  sequence number, wraps at 65535
    18-19  CRC-16/CCITT of bytes 0 to 17, initial value 0xFFFF
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

PACKET_LENGTH = 20
PROTOCOL_VERSION = 3
EPOCH = datetime(2020, 1, 1, tzinfo=timezone.utc)

FLAG_WIPER_STUCK = 0x01
FLAG_LEAK = 0x02
FLAG_TILTED = 0x04
FLAG_REPEAT = 0x08

#: Below this voltage the collector sends a message to the duty phone.
BATTERY_WARNING_VOLTS = 11.4

#: A buoy that has been silent for this long is presumed adrift or dead.
SILENCE_LIMIT = timedelta(minutes=50)


class BadPacket(ValueError):
    """The bytes are not a packet we understand; the reason is the message."""


@dataclass(frozen=True)
class Reading:
    buoy: int
    time: datetime
    temperature_c: float
    salinity: float
    turbidity_ntu: float
    wave_m: float
    battery_v: float
    flags: int
    sequence: int

    @property
    def is_repeat(self) -> bool:
        """True for records that are sent a second time at midnight."""
        return bool(self.flags & FLAG_REPEAT)

    @property
    def needs_attention(self) -> bool:
        """A leak always matters; a weak battery matters from 11.4 volts down."""
        return bool(self.flags & FLAG_LEAK) or self.battery_v < BATTERY_WARNING_VOLTS


def crc16_ccitt(data: bytes, value: int = 0xFFFF) -> int:
    """Bitwise and slow, which is fine at one packet a minute."""
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
            value &= 0xFFFF
    return value


def decode_packet(raw: bytes) -> Reading:
    """Turn 20 bytes into a Reading, or raise BadPacket.

    Turbidity is set to NaN while the wiper is stuck, because a fouled window
    reads high and nobody remembers the flag a year later.
    """
    if len(raw) != PACKET_LENGTH:
        raise BadPacket(f"expected {PACKET_LENGTH} bytes, got {len(raw)}")
    if raw[0] != PROTOCOL_VERSION:
        raise BadPacket(f"protocol version {raw[0]} is not supported")
    (stored,) = struct.unpack(">H", raw[18:20])
    if crc16_ccitt(raw[:18]) != stored:
        raise BadPacket("checksum does not match")

    _, buoy, seconds, temp, sal, turb, wave, batt, flags, seq = struct.unpack(
        ">BBIHHHHBBH", raw[:18]
    )
    if not 1 <= buoy <= 12:
        raise BadPacket(f"there is no buoy number {buoy}")
    turbidity = float("nan") if flags & FLAG_WIPER_STUCK else turb / 10
    return Reading(
        buoy=buoy,
        time=EPOCH + timedelta(seconds=seconds),
        temperature_c=temp / 100 - 5,
        salinity=sal / 100,
        turbidity_ntu=turbidity,
        wave_m=wave / 1000,
        battery_v=batt / 50 + 8,
        flags=flags,
        sequence=seq,
    )


def is_silent(last_heard: datetime, now: datetime) -> bool:
    """Five missed transmissions in a row count as silence, one does not."""
    return now - last_heard > SILENCE_LIMIT


def drop_repeats(readings: list[Reading]) -> list[Reading]:
    """Keep one reading for each buoy and sequence number, the first received.

    The sequence number alone is not unique: it wraps after about 455 days, so
    the date is part of the key.
    """
    seen: set[tuple[int, int, int]] = set()
    kept = []
    for reading in readings:
        key = (reading.buoy, reading.sequence, reading.time.toordinal())
        if key not in seen:
            seen.add(key)
            kept.append(reading)
    return kept
