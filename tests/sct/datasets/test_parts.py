"""Parts of videos that lists name: read in the unit that a column says, or refused."""

import pytest

from sct.datasets.dataset import open_dataset
from sct.errors import DataError
from tests.sct.datasets.written import write

TIMES = {
    "start,end": ("0.5,1.25", 0.5, 1.25),
    "start_ms,end_ms": ("500,1250", 0.5, 1.25),
    "Start (ms),End (ms)": ("500,1250", 0.5, 1.25),
    "startMs,endMs": ("1,11", 0.001, 0.011),
    "t_start,t_end": ("0.5,1.25", 0.5, 1.25),
    "Start Time (s),End Time (s)": ("0.5,1.25", 0.5, 1.25),
    "startTime,endTime": (".5,1.25e0", 0.5, 1.25),
    "start_us,end_us": ("500000,1250000", 0.5, 1.25),
    "begin_time_sec,stop_time_sec": ("0.5,", 0.5, None),
    "start,duration": ("0.1,0.2", 0.1, 0.3),
    "start_ms,duration_ms": ("100,200", 0.1, 0.3),
    "start_ms,duration": ("100,", 0.1, None),
    "start,end_ms": ("0.5,1250", 0.5, 1.25),
    "start,end,duration": ("0.5,1.25,9", 0.5, 1.25),
    "path2,duration": ("x,9", 0.0, None),  # of the file
    "start,end,start_frame": ("0.5,1.25,9", 0.5, 1.25),
    "from,to": ("Rome,Oslo", 0.0, None),
}


@pytest.mark.parametrize(("header", "case"), TIMES.items(), ids=TIMES)
def test_times_are_read_in_the_unit_that_they_name(tmp_path, header, case):
    cells, start, end = case
    for item in open_dataset(write(tmp_path, header, [cells] * 4)).items:
        assert (item.start_s, item.end_s) == (start, end)


@pytest.mark.parametrize(
    "header",
    """start_frame,end_frame begin_frame,stop startFrame,endFrame start,end_frame start_frame,end
    first_frame,last_frame onset,offset from,to t0,t1 start_min,end_min in,out trim_start,trim_end
    start_idx,end_idx start,length StartFrame,note start,dur frame_start,frames""".split(),  # noqa: SIM905
)
@pytest.mark.parametrize("cells", ["1,2", "00:01,00:02", "10s,20s"])
def test_times_that_are_not_understood_are_refused(tmp_path, header, cells):
    with pytest.raises(DataError) as error:
        open_dataset(write(tmp_path, header, [cells] * 4))
    said = str(error.value)
    assert "in seconds" in said and "start" in said and "end" in said and said.endswith(".")


@pytest.mark.parametrize(
    "cells",
    ["1_0,2_0", "nan,nan", "0,inf", "0x1,2", "1,1", "-1,2", "1,1e9", "00:01,00:02", "1s,2s"],
)
def test_times_that_are_no_plain_numbers_are_refused(tmp_path, cells):
    with pytest.raises(DataError, match=r"Row 2 .*plain numbers such as 1\.5"):
        open_dataset(write(tmp_path, "start,end", [cells] * 4))


@pytest.mark.parametrize("value", ["1,500", "1.500", "12.345", "1'500", "1 234 567", "\u0661,500"])
@pytest.mark.parametrize("header", ["start_ms{}end_ms", "start_us{}duration_us", "start{}end_ms"])
@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_thousands_may_be_fractions_and_are_refused(tmp_path, value, header, sign):
    write(tmp_path, "note", "1234")
    head = f"path;label;{header.format(';')}".replace(";", sign)
    (tmp_path / "l.csv").write_text(
        f"{head}\nc0.mp4{sign}a{sign}0{sign}900000\nc1.mp4{sign}b{sign}0{sign}{value}\n"
    )
    with pytest.raises(DataError, match=r"Row 3 .* write it without") as error:
        open_dataset(tmp_path / "l.csv")
    assert f'"{value}"' in str(error.value)


def test_fractions_of_fine_units_are_read_where_they_can_be_no_thousands(tmp_path):
    path = write(tmp_path, "start_ms,end_ms", ("0.500,1500.25", "0,1234.567", "0,20.5", "0,30"))
    ends = [item.end_s for item in open_dataset(path).items]
    assert ends == pytest.approx([1.50025, 1.234567, 0.0205, 0.03])


@pytest.mark.parametrize(
    ("header", "cells"),
    [("start,end", "1,1.005"), ("start_ms,end_ms", "0,1.5"), ("start,duration", "3,0.001")],
)
def test_a_part_of_next_to_nothing_is_a_slip(tmp_path, header, cells):
    with pytest.raises(DataError, match=r"Row 5 of .* names a part of 0\.00\d+ s, from"):
        open_dataset(write(tmp_path, header, ["0,20", "0,20", "0,20", cells]))
    open_dataset(write(tmp_path, "start,end", ["0.1,0.11"] * 4))


@pytest.mark.parametrize("cells", ["\u0661,\u0662.\u0665", "\uff11,\uff12.\uff15"])
def test_digits_of_other_scripts_are_digits(tmp_path, cells):
    item = open_dataset(write(tmp_path, "start,end", [cells] * 4)).items[0]
    assert (item.start_s, item.end_s) == (1, 2.5)


@pytest.mark.parametrize("names", ["left,top,right,bottom", "x1,y1,x2,y2", "xmin,ymin,xmax,ymax"])
def test_corners_are_shares(tmp_path, names):
    found = open_dataset(write(tmp_path, names, ["0,.25,.5,1"] * 4))
    assert {item.box for item in found.items} == {(0, 0.25, 0.5, 1)}
    said = ['"x1", "y1", "x2", "y2" are read as left, top, right, bottom, in shares.']
    assert list(found.notes) == said * names.startswith("x1") or names.startswith("xmin")
    with pytest.raises(DataError, match=r"Row 2 .*shares of the picture, from 0 to 1"):
        open_dataset(write(tmp_path, names, ["0,24,32,48"] * 4))


@pytest.mark.parametrize(
    "header",
    """x,y,w,h x,y,width,height bbox,a,b,c x_center,y_center,w,h cx,cy,w,h x1,y1,a,b
    left,top,width,height bbox_x,bbox_y,bbox_w,bbox_h topLeftX,topLeftY,a,b""".split(),  # noqa: SIM905
)
def test_other_boxes_are_refused(tmp_path, header):
    with pytest.raises(DataError, match="part of the picture is named in columns left, top, right"):
        open_dataset(write(tmp_path, header, ["0,0,.5,.5"] * 4))


def test_the_size_of_a_video_is_no_part_of_it(tmp_path):
    found = open_dataset(write(tmp_path, "width,height,y", ["320,240,7"] * 4))
    assert found.notes == ('Columns that are not used: "width", "height", "y".',)


def test_an_end_behind_the_file_is_said(tmp_path, make_video):
    (tmp_path / "c1.mp4").write_bytes(make_video(30, fps=15))
    found = open_dataset(write(tmp_path, "start,end", ("0,", "0,60", "0,1", "0,1")))
    (note,) = found.notes
    assert "end behind their files" in note and '"c1.mp4" lasts 2 s, not 60 s' in note
    for end in ("2", "2.4", "1.5"):
        assert not open_dataset(
            write(tmp_path, "start,end", ("0,1", f"0,{end}", "0,1", "0,1"))
        ).notes


NAMED_OTHERWISE = """\
temporal_coordinates interval range ts,te st,et sf,ef tmin,tmax trimstart,trimend
start0,end0 startpoint,endpoint time,duration timestamp frame frame_id Startzeit,Endzeit beg,end
Startzeit,end end,von bis,end video_segment clip_start_pos,x keyframe start,bis start,num_frames
end,score time_s frame_no startTimecode,endTimecode action_start,action_end when t t1,t2 second
position_s seconds seek midpoint inizio,fine
\u043d\u0430\u0447\u0430\u043b\u043e,\u043a\u043e\u043d\u0435\u0446
\u5f00\u59cb,\u7ed3\u675f \u958b\u59cb,\u7d42\u4e86 segment_id
start_h,end_h cut_from,cut_to end,duration""".split()  # noqa: SIM905


@pytest.mark.parametrize("header", NAMED_OTHERWISE)
@pytest.mark.parametrize("cell", ["{}", "{}.5", "{}s", "0:0{}", "0{}m30s"])
def test_parts_of_time_by_other_names_are_refused(tmp_path, header, cell):
    cells = ",".join(cell.format(i + 1) for i in range(len(header.split(","))))
    with pytest.raises(DataError, match="part of a file is named in seconds, in columns start and"):
        open_dataset(write(tmp_path, header, [cells] * 4))


@pytest.mark.parametrize("header", ["segment", "frames", "what", "label_of_time", "timestamps"])
@pytest.mark.parametrize("cell", ["[0.5, 1.0]", "(1; 30)", "{0.5:1}", "[1,2,3,4]"])
def test_pairs_in_brackets_are_parts_whatever_they_are_called(tmp_path, header, cell):
    with pytest.raises(DataError, match="part of a file is named in seconds, in columns start and"):
        open_dataset(write(tmp_path, header, [f'"{cell}"'] * 4))


BOXES = """\
xtl,ytl,xbr,ybr l,t,r,b l,t,w,h minx,miny,maxx,maxy box,a face_box,b crop,a rect,b region,c
cropX,a BoundingBox,b x_start,y_start left_x,top_y facebox,a boxes,b roi,a
left_px,top_px,right_px,bottom_px bb,polygon left,upper,right,lower top,l,bottom,r
centerx,centery""".split()  # noqa: SIM905


@pytest.mark.parametrize("header", BOXES)
def test_boxes_by_other_names_are_refused(tmp_path, header):
    cells = ",".join([".1", ".2", ".5", ".6"][: len(header.split(","))])
    with pytest.raises(DataError, match="part of the picture is named in columns left, top, right"):
        open_dataset(write(tmp_path, header, [cells] * 4))


@pytest.mark.parametrize("cell", ["[1, 2, 3, 4]", '{""x"": 0.1}', "1 2 3 4", "[[1,2],[3,4]]"])
def test_boxes_in_one_cell_are_refused(tmp_path, cell):
    with pytest.raises(DataError, match="part of the picture is named"):
        open_dataset(write(tmp_path, "face_box", [f'"{cell}"'] * 4))


NO_PARTS = {
    "frames,num_frames,n_frames,frame_count,fps,frame_rate": "30,30,30,30,25,25",
    "length,duration_s,video_length,total_time": "9,9,9,9",
    "date_time,timestamp,recorded_time": "2023-01-02 12:00,2023-01-02,12:30",
    "time,timestamp": "02.01.2023,1700000000",
    "gender,calendar,friend,orange,strange,restored,vendor,inbox_n": "1,2,3,4,5,6,7,x",
    "crop,region,frame,range,time": "centre,Asia,wide,far,noon",
    "size,resolution": '"(320, 240)","[320, 240]"',
    "end,person,fps,id,note": "2,1,25,7,x",
    "start,subject,width,height": "0.5,1,320,240",
    "start,end,time,frame,segment": "0.5,1.25,7,8,[1;2]",
}


@pytest.mark.parametrize(("header", "cells"), NO_PARTS.items(), ids=NO_PARTS)
def test_what_speaks_of_the_whole_file_is_left_alone(tmp_path, header, cells):
    assert len(open_dataset(write(tmp_path, header, [cells] * 4))) == 4
