"""Bad, hostile and over-large input: one sentence each, and nothing else is ever opened."""

import http.server
import io
import re
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest

from sct.errors import ClipError
from sct.video import sources
from sct.video.clip import read_clip


def refusal(source, **options) -> str:
    """The sentence that reading `source` ends with."""
    with pytest.raises(ClipError) as caught:
        read_clip(source, **options)
    message = str(caught.value)
    assert message.endswith(".") and re.match(r'["A-Z]|(frames|start|stride|max_size) ', message)
    assert "\n" not in message and len(message) < 300
    assert not re.search(r"(?i)errno|traceback|libav|ffmpeg|pyav|moov|<none>|/tmp", message)
    return message


@pytest.fixture
def no_words(capfd):
    """Nothing may be printed by the decoders."""
    yield
    printed = capfd.readouterr()
    assert printed.err == "" and printed.out == ""


def without_pictures(make_video) -> bytes:
    data = make_video(5, muxing={"movflags": "frag_keyframe+empty_moov"})
    return data[: data.index(b"moof") - 4]


BAD = {
    "empty": (lambda make: b"", "is empty"),
    "random": (lambda make: np.random.default_rng(5).bytes(50_000), "could not be read as video"),
    "one byte": (lambda make: b"\0", "could not be read as video"),
    "text": (lambda make: "Grüße aus der Küche\n".encode() * 99, "is text, not a video"),
    "html": (lambda make: b"<!doctype html><p>Not found", "is text, not a video"),
    "cut off": (lambda make: make(40)[:1500], "damaged, cut off"),  # the index is at the end
    "first bytes": (lambda make: make(5)[:40], "could not be read as video"),
    "no pictures": (without_pictures, "no pictures in it"),
    "gif header": (lambda make: b"GIF89a\1\0\1\0\0\0\0;", "no pictures in it"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_video_gets_one_sentence_and_the_next_works(make_video, no_words, case):
    make, words = BAD[case]
    message = refusal(make(make_video), name="upload.mp4")
    assert words in message and '"upload.mp4"' in message
    assert len(read_clip(make_video(3)).frames) == 8


@pytest.mark.parametrize(("kind", "codec"), [("wav", "pcm_s16le"), ("mp4", "aac"), ("mp3", "mp3")])
def test_sound_alone_is_refused(make_sound, no_words, kind, codec):
    assert "only sound" in refusal(make_sound(kind, codec))


def test_an_encrypted_video_is_refused(make_video, no_words):
    muxing = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "0" * 32}
    muxing["encryption_kid"] = "1" * 32
    for _ in range(20):  # each with another random key stream: some decode, as noise
        assert "is copy-protected" in refusal(make_video(9, muxing=muxing))


def test_a_cut_video_with_its_index_in_front_gives_what_is_there(make_video, no_words):
    noise = np.random.default_rng(1).integers(0, 256, (20, 48, 64, 3), np.uint8)
    data = make_video(noise, muxing={"movflags": "faststart"}, options={"bf": "0"})
    clip = read_clip(data[: len(data) * 2 // 3], frames=20)
    assert 0 < clip.held < 20
    assert 20 - clip.held - clip.skipped <= clip.distinct < 20  # the cut picture may be lost too
    assert np.array_equal(clip.frames[:5], read_clip(data, frames=5).frames)


@pytest.mark.parametrize(("codec", "kind"), [("mjpeg", "avi"), ("libx264", "matroska")])
def test_damaged_pictures_are_skipped_and_counted(make_video, no_words, codec, kind):
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    options = {} if codec == "mjpeg" else {"g": "1"}
    data = bytearray(make_video(12, codec=codec, kind=kind, pix_fmt=pix_fmt, options=options))
    with av.open(io.BytesIO(bytes(data))) as container:
        packets = [p for p in container.demux(video=0) if p.size]
        spots = [(bytes(p), p.size) for p in packets]
    for i in (3, 4):
        content, size = spots[i]
        at = data.index(content)
        data[at : at + size] = b"\xff" * size
    clip = read_clip(bytes(data), frames=8)
    shown = [round(float(frame.mean()) / 5) for frame in clip.frames]
    assert shown == [0, 1, 2, 2, 2, 5, 6, 7] and clip.skipped == 2


def half_broken(data: bytes, index: int) -> bytes:
    """`data` with the second half of one packet overwritten."""
    with av.open(io.BytesIO(data)) as container:
        packet = bytes([p for p in container.demux(video=0) if p.size][index])
    at, half = data.index(packet) + len(packet) // 2, len(packet) - len(packet) // 2
    return data[:at] + bytes(half) + data[at + half :]


def test_pictures_that_the_decoder_patched_up_are_skipped_unless_alone(make_video, no_words):
    noise = np.random.default_rng(1).integers(0, 256, (8, 48, 64, 3), np.uint8)
    options = {"g": "1000", "bf": "0"}
    data = make_video(noise, kind="matroska", options=options)
    clip = read_clip(half_broken(data, 4))
    assert clip.times == pytest.approx([0, 0.1, 0.2, 0.3, 0.3, 0.5, 0.6, 0.7])
    assert clip.skipped == 1
    single = make_video(noise[:1], kind="matroska", options=options)
    broken = read_clip(half_broken(single, 0), frames=2)
    assert broken.skipped == 1 and broken.times == (0, 0) and broken.frames.any()


def test_what_comes_before_a_break_in_the_file_is_kept(make_video, no_words):
    data = make_video(20, kind="nut", codec="mpeg4", options={"qmax": "2"})
    clip = read_clip(data[: len(data) // 2] + bytes(len(data) // 2), frames=20)
    shown = [round(float(frame.mean()) / 5) for frame in clip.frames]
    assert shown[:8] == list(range(8)) and clip.skipped > 0 and clip.held > 0


def test_random_damage_never_gets_past_as_another_error(make_video, no_words):
    random = np.random.default_rng(3)
    made = [
        make_video(12, kind=kind, codec=codec)
        for kind, codec in (("mp4", "libx264"), ("webm", "libvpx-vp9"), ("avi", "mpeg4"))
    ]
    outcomes = set()
    for data in made:
        for _ in range(40):
            broken = np.frombuffer(data, np.uint8).copy()
            count = int(random.integers(1, 60))
            broken[random.integers(0, len(broken), count)] = random.integers(0, 256, count)
            try:
                outcomes.add(read_clip(broken.tobytes(), start=0.2).frames.shape[0])
            except ClipError as error:
                outcomes.add(str(error).endswith("."))
    assert outcomes == {8, True}


def test_a_start_beyond_the_end_names_the_duration(make_video):
    data = make_video(20)
    for start in (2.0, 2.5, 30.0, 1e9):
        message = refusal(data, start=start)
        assert "lasts 2 s" in message and f"{start:g} s" in message
    assert read_clip(data, start=1.95).held == 7


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"frames": 0}, "frames must be a whole number from 1 to 64, not 0"),
        ({"frames": 65}, "not 65"),
        ({"frames": 2.5}, "frames must be a whole number"),
        ({"frames": True}, "frames must be a whole number"),
        ({"start": -0.1}, "start must be a number of seconds, 0 or more, not -0.1"),
        ({"start": float("nan")}, "not nan"),
        ({"start": float("inf")}, "not inf"),
        ({"start": "1" * 999}, "start must be"),
        ({"stride": 0}, "stride must be 0.001 to 10 seconds, not 0"),
        ({"stride": 5e-324}, "not 5e-324"),
        ({"stride": 10.1}, "not 10.1"),
        ({"stride": float("nan")}, "not nan"),
        ({"stride": None}, "not None"),
        ({"max_size": 0}, "max_size must be a whole number from 1 to 4096, not 0"),
    ],
)
def test_bad_arguments_name_field_value_and_range(make_video, options, words):
    assert words in refusal(make_video(3), **options)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("SCT_MAX_MB", "0.001", "at most 0.001 MB are accepted (SCT_MAX_MB)"),
        ("SCT_MAX_MINUTES", "0.05", "lasts 0.1 minutes; at most 0.05 are accepted"),
        ("SCT_MAX_SIDE", "32", "is 64 x 48 pixels; at most 32 a side"),
        ("SCT_MAX_SIDE", "8", "is 64 x 48 pixels; at most 8 a side"),
        ("SCT_MAX_DECODE_S", "0.000001", "took longer than 1e-06 s"),
    ],
)
@pytest.mark.parametrize("kind", ["mp4", "matroska"])
def test_limits_come_from_the_environment(make_video, monkeypatch, kind, variable, value, words):
    data = make_video(40, kind=kind)
    assert read_clip(data).width == 64
    monkeypatch.setenv(variable, value)
    assert words in refusal(data)
    monkeypatch.setenv(variable, "")  # empty is unset
    assert read_clip(data).width == 64


@pytest.mark.parametrize("value", ["many", "-1", "0", "nan", "inf", "1e99", "10 MB"])
@pytest.mark.parametrize(
    "variable", ["SCT_MAX_MB", "SCT_MAX_MINUTES", "SCT_MAX_SIDE", "SCT_MAX_DECODE_S"]
)
def test_bad_limits_are_named(make_video, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    message = refusal(b"anything")
    assert variable in message and value in message and "number above 0" in message


def test_the_limit_of_minutes_holds_without_a_duration(make_video, monkeypatch):
    data = make_video(20, codec="libvpx-vp9", kind="webm", pipe=True)
    assert read_clip(data).duration_s == pytest.approx(2, abs=0.11)
    monkeypatch.setenv("SCT_MAX_MINUTES", "0.02")
    assert "SCT_MAX_MINUTES" in refusal(data)


def test_slow_storage_ends_at_the_time_limit(make_video, monkeypatch, no_words):
    class Slow(io.BytesIO):
        def read(self, count=-1):
            time.sleep(0.15)
            return super().read(min(count, 500))

    monkeypatch.setenv("SCT_MAX_DECODE_S", "0.3")
    begun = time.monotonic()
    assert "took longer than 0.3 s" in refusal(Slow(make_video(40)))
    assert time.monotonic() - begun < 3


def test_an_endless_pipe_ends_at_the_size_limit(monkeypatch):
    class Endless:
        def read(self, count=-1):
            return b"\0" * count

    monkeypatch.setenv("SCT_MAX_MB", "3")
    assert "at most 3 MB" in refusal(Endless())


def test_files_that_misbehave_or_are_no_files(make_video, tmp_path, no_words):
    class Failing(io.BytesIO):
        def read(self, count=-1):
            if count > 0:
                raise ConnectionResetError("secret storage detail")
            return b""

    class Generous(io.BytesIO):
        def read(self, count=-1):
            place = self.tell()
            data = super().read(count + 9999)  # more than was asked for
            self.seek(place + count)
            return data

    noise = np.random.default_rng(2).integers(0, 256, (9, 200, 200, 3), np.uint8)
    large = make_video(noise, options={"crf": "0", "preset": "ultrafast"})
    assert len(large) > 500_000  # several of FFmpeg's buffers
    assert read_clip(Generous(large), frames=9).hash == read_clip(large, frames=9).hash
    assert "could not be read" in refusal(Failing(make_video(3)), name="far.mp4")
    closed = io.BytesIO(b"x")
    closed.close()
    assert "could not be read" in refusal(closed)
    assert "binary mode" in refusal(io.StringIO("text"))
    assert "not from int" in refusal(3)  # a number must not be taken for an open file
    assert "not from NoneType" in refusal(None)
    assert 'no file "missing.mp4"' in refusal(tmp_path / "missing.mp4")
    assert "holds no numbered pictures" in refusal(tmp_path)
    assert "could not be opened" in refusal("a\0b.mp4")
    assert "is not a file" in refusal("/dev/zero")


def test_tags_in_another_encoding_do_no_harm(make_video):
    data = make_video(3, kind="matroska")
    assert b"Lavf" in data
    assert read_clip(data.replace(b"Lavf", b"\xff\xfe\xfd\xfc")).distinct == 3


def test_names_are_shown_as_safe_text(make_video):
    assert refusal(b"x", name="a\x1b[31m\n\u202eb\0.mp4").startswith('"a[31m b.mp4" ')
    message = refusal(b"x", name="n" * 500 + ".mp4")
    assert re.match(r'"n+…n+\.mp4" ', message) and len(message.split('"')[1]) == 80
    assert read_clip(make_video(2), name="\n\t").name == "clip"


class Hits(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.hits += 1
        super().do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    def handler(*args):
        return Hits(*args, directory=tmp_path)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.hits = 0
        running.address = f"http://127.0.0.1:{running.server_address[1]}"
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()


HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{}\n#EXT-X-ENDLIST\n"
CONCAT = "ffconcat version 1.0\nfile '{}'\n"
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"


def plain_read(path: Path | str) -> int:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).width


@pytest.mark.parametrize("without", [None, "format_whitelist", "protocol_whitelist", "io_open"])
@pytest.mark.parametrize(("name", "text"), [("list.m3u8", HLS), ("list.ffconcat", CONCAT)])
def test_a_playlist_opens_nothing(
    make_video, tmp_path, server, monkeypatch, no_words, name, text, without
):
    (tmp_path / "other.ts").write_bytes(make_video(9, kind="mpegts"))
    path = tmp_path / name
    path.write_text(text.format("other.ts"))
    assert plain_read(path) == 64  # without precautions the other file is read
    full = av.open

    def less(source, mode, options, **more):
        options.pop(without, None)
        more.pop(without, None)
        return full(source, mode, options=options, **more)

    monkeypatch.setattr(sources.av, "open", less)  # one lock open: the others hold
    assert "is a list of other files" in refusal(path)
    assert "is a list of other files" in refusal(path.read_bytes(), name="clip.mp4")
    path.write_text(text.format(f"{server.address}/other.ts"))
    assert "is a list of other files" in refusal(path)
    assert server.hits == 0


def test_addresses_and_sessions_are_refused(make_video, tmp_path, server, no_words):
    (tmp_path / "clip.mp4").write_bytes(make_video(9))
    address = f"{server.address}/clip.mp4"
    assert plain_read(address) == 64 and server.hits > 0  # without precautions it is fetched
    server.hits = 0
    for source in (address, "file:///etc/passwd", "concat://a|b", "pipe://0"):
        assert "is an address" in refusal(source)
    assert "no file" in refusal(f"subfile:{tmp_path}/clip.mp4")
    assert server.hits == 0
    assert "is a list of other files" in refusal(SDP.encode())
    dash = b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>'
    assert "is a list of other files" in refusal(dash)
