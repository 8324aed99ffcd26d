"""The media path: an SFU that forwards RTP and never transcodes. The only folder that imports aiortc."""
