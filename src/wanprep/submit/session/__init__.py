"""One job from the command to the video: decided, hosted, sent, waited for, brought home."""
