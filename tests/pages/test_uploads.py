import numpy as np
import pytest

HOSTILE = "<img src=x onerror=alert(1)> **bold** [a](http://e) :material/bug: $x$.mp4"


def give(at, check, name, content):
    at.file_uploader(key="upload").upload(name, content)
    return check(at.run())


def shown(at):
    return " ".join(h.value for h in at.main.get("html"))


def test_a_real_video_is_shown_with_its_facts(open_app, check, film, clip_player):
    at = open_app(source="Upload")
    assert "Choose a video" in at.info[0].value
    give(at, check, "moving.mp4", film().read_bytes())
    assert "<dd>160 × 160 pixels</dd>" in shown(at) and "<dd>h264</dd>" in shown(at)
    header, parts = clip_player(at)
    assert (header["frames"], header["width"], header["crops"]) == (8, 160, True)
    assert parts["lit"].shape[0] == 8
    assert not at.error and not at.info


def test_frames_that_show_one_picture_again_are_counted(open_app, check, film, notices):
    at = open_app(source="Upload")
    give(at, check, "slow.mp4", film(rate=2).read_bytes())
    assert not notices(at)  # it begins with frames that differ
    assert (at.number_input(key="start").value, at.number_input(key="stride").value) == (0, 0.5)
    assert any(c.value.startswith("Begun at 0 s, a frame every 0.5 s") for c in at.main.caption)
    check(at.button(key="beginning").click().run())
    told = "6 of 8 frames are repeats of the one before: the video shows nothing newer."
    assert f"<dt>Note</dt><dd>{told}</dd>" in shown(at)
    assert at.warning[0].value == told
    assert not notices(give(at, check, "moving.mp4", film().read_bytes()))


def test_frames_that_differ_are_offered_where_there_are_some(open_app, check, make_stamped):
    # Nothing new for most of a second after the first picture, then one every 0.4 s.
    at = open_app(source="Upload")
    give(at, check, "camera.mp4", make_stamped([0, 850, *range(1250, 9000, 400)]))
    assert at.number_input(key="start").value == 0.85
    assert at.number_input(key="stride").value == 0.4
    assert not any("repeats" in warning.value for warning in at.warning)
    check(at.button(key="beginning").click().run())
    assert at.warning[0].value.startswith("7 of 8 frames are repeats")
    offer = at.button(key="differing")
    assert offer.label == "Take 8 that differ: from 0.85 s, every 0.4 s"
    check(offer.click().run())
    assert at.number_input(key="start").value == 0.85
    assert at.number_input(key="stride").value == 0.4
    assert not any("repeats" in warning.value for warning in at.warning)
    with pytest.raises(KeyError):
        at.button(key="differing")


def test_nothing_is_offered_where_there_are_too_few_pictures(open_app, check, make_stamped):
    at = open_app(source="Upload")
    give(at, check, "five.mp4", make_stamped([0, 500, 1000, 1500, 2000]))
    assert "repeats" in at.warning[0].value
    with pytest.raises(KeyError):
        at.button(key="differing")


def test_a_start_near_the_end_is_said_where_the_prediction_is_read(open_app, check, film, notices):
    at = open_app(source="Upload")
    give(at, check, "moving.mp4", film().read_bytes())
    assert not notices(at)
    at.number_input(key="start").set_value(1.9)
    check(at.run())
    assert at.warning[0].value == "3 of 8 frames are repeats of the last: the video ends there."


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.mp4", b""),
        ("random.mp4", bytes(range(256)) * 40),
        ("text.mp4", b"this is no video\n" * 50),
    ],
)
def test_a_bad_upload_gets_a_sentence_and_the_next_one_works(name, content, open_app, check, film):
    at = open_app(source="Upload")
    give(at, check, name, content)
    assert len(at.error) == 1 and len(at.error[0].value) > 20
    assert "Traceback" not in at.error[0].value
    at.file_uploader(key="upload").clear()
    give(at, check, "moving.mp4", film().read_bytes())
    assert not at.error and "<dd>h264</dd>" in shown(at)


def test_a_truncated_video_gets_a_sentence(open_app, check, film):
    whole = film().read_bytes()
    at = open_app(source="Upload")
    give(at, check, "cut.mp4", whole[: len(whole) // 3])
    assert at.error and len(at.error[0].value) > 20


def test_a_file_name_is_text_everywhere(open_app, check, film):
    at = open_app(source="Upload")
    give(at, check, HOSTILE, film().read_bytes())
    assert "<img" not in shown(at) and "&lt;img src=x" in shown(at)
    give(at, check, HOSTILE, b"no video at all")
    if at.error:  # names in sentences are escaped for Markdown
        assert "**bold**" not in at.error[0].value


def test_the_upload_stays_over_pages_and_sampling_changes_it(open_app, check, film, player):
    at = open_app(source="Upload")
    give(at, check, "moving.mp4", film().read_bytes())
    check(at.switch_page("../attention/page.py").run())
    _, first = player(at)
    at.number_input(key="start").set_value(1.0)
    check(at.run())
    _, then = player(at)
    assert not np.array_equal(then["motion"], first["motion"])


def test_an_upload_survives_a_look_at_a_sample(open_app, check, film):
    at = open_app(source="Upload")
    give(at, check, "moving.mp4", film().read_bytes())
    at.segmented_control(key="source").set_value("Sample")
    check(at.run())
    assert "<dd>h264</dd>" not in shown(at)
    at.segmented_control(key="source").set_value("Upload")
    check(at.run())
    assert "<dd>h264</dd>" in shown(at)


def test_uploads_are_held_against_optical_flow(open_app, check, film, player):
    at = open_app(source="Upload")
    give(at, check, "moving.mp4", film().read_bytes())
    check(at.switch_page("../attention/page.py").run())
    header, parts = player(at)
    assert header["kind_of"] == [["none", *["flow"] * 7]]
    # Content moves 3 of 160 pixels a frame to the right; the model sees 112.
    moved = parts["motion"][0, 3].astype(float)
    assert np.allclose(np.median(moved, axis=(0, 1)), [0, 3 * 112 / 160], atol=0.3)
    assert at.metric


def test_a_clip_that_stands_still_has_no_arrows_and_says_so(open_app, check, film, player):
    at = open_app("attention", source="Upload")
    give(at, check, "still.mp4", film(speed=0).read_bytes())
    header, _ = player(at)
    assert all(header["still"][0]) and not at.metric
    assert any("no direction to compare" in c.value for c in at.caption)


def test_another_crop_is_another_answer_and_stays_over_pages(open_app, check, film, clip_player):
    at = open_app(source="Upload", crop="0.2,0.5,0.5")
    give(at, check, "moving.mp4", film().read_bytes())
    assert at.query_params["crop"] == "0.2,0.5,0.5"
    assert clip_player(at)[0]["view"]["crop"] == "0.2,0.5,0.5"
    assert "<dd>the square 0.2,0.5,0.5, at 112 × 112 pixels</dd>" in shown(at)
    own = shown(at)
    check(at.switch_page("../attention/page.py").run())
    assert at.query_params["crop"] == "0.2,0.5,0.5"
    at = open_app(source="Upload")
    give(at, check, "moving.mp4", film().read_bytes())
    assert "the middle square" in shown(at) and shown(at) != own


def test_several_views_are_said_and_a_made_clip_has_no_crop(open_app, check, clip_player):
    at = open_app(sample="flower", crop="views")
    header, _ = clip_player(at)
    assert header["view"]["crop"] == "views" and len(header["views"]) == 3
    assert any("Means of three views" in caption.value for caption in at.main.caption)
    at = open_app(sample="pan right", crop="fit")
    assert not clip_player(at)[0]["crops"] and "the middle square" in shown(at)


def test_a_crop_that_is_none_is_said(open_app):
    at = open_app(sample="flower", crop="7,7")
    assert "Crop: “7\\,7” cannot be had" in at.warning[0].value


def test_where_nothing_moves_no_arrow_is_drawn(open_app, check, film, clip_player):
    for speed, moves in ((0, False), (3, True)):
        at = open_app(source="Upload")
        give(at, check, f"{speed}.mp4", film(f"{speed}.mp4", speed=speed).read_bytes())
        moved = clip_player(at)[1]["moved"]
        assert np.abs(moved[1:]).max() > 0.5 if moves else not moved.any()


def test_another_upload_begins_anew_and_a_link_counts_for_the_first(open_app, check, film):
    at = open_app(source="Upload", start="0.5", stride="0.2", crop="0.3,0.4,0.5")
    give(at, check, "moving.mp4", film().read_bytes())
    asked = [at.number_input(key=key).value for key in ("start", "stride")]
    assert asked == [0.5, 0.2] and "0.3,0.4" in str(at.query_params["crop"])
    give(at, check, "other.mp4", film("other.mp4", speed=2).read_bytes())
    asked = [at.number_input(key=key).value for key in ("start", "stride")]
    assert asked == [0, 0.1] and "crop" not in at.query_params
    assert not at.error


@pytest.mark.parametrize(
    ("link", "key", "said"),
    [
        ({"sample": "flower", "start": "1.5"}, "from", "start: “1\\.5” is of another kind"),
        ({"source": "Upload", "every": "x*y"}, "start", "every: “x\\*y” is of another kind"),
    ],
)
def test_the_window_of_another_kind_of_clip_is_named(link, key, said, open_app):
    at = open_app(**link)
    assert said in at.warning[0].value and f"`{key}`" in at.warning[0].value
    assert not {"start", "every"} & set(at.query_params)
    assert not open_app(sample="flower", **{"from": "1.5"}).warning
