"""What a viewer's line carries, estimated by the sender: from when its packets left, and when it says they came."""
