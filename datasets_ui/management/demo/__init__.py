"""What goes on in the demo, so that one sees what the product is for: people, their edits, and jobs. Not part of the image.

The names are those of what dashboard/demo_seed.py puts into the sandbox.
"""

DATASET = "Support knowledge base"
OWNER = "owner@example.com"
EDITORS = ("mei@example.com", "jonas@example.com")
WATCHED = "XR-200 troubleshooting.md"  # a change of it takes its time, so that a job over it can be watched
SPOILED = ("XR-200 maintenance.md", "XR-220 troubleshooting.md", "XR-320 troubleshooting.md", "XR-200 客户常见问题.md")
REVIEWED = "XR-300 installation.md"
