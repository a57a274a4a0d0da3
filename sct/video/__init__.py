"""Reading and writing of video files within bounds. `sct.video.clip` puts them together."""
