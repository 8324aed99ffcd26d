"""What a front answers by itself: files, and public pages, each built once for all who ask."""
