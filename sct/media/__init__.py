"""Reading and writing of video files within bounds. `sct.video` puts them together."""
