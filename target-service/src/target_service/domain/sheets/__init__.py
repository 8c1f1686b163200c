"""The one-page sheet (一页纸项目管理表, OPPM): objectives, tasks, time, owners and costs on a page.

``document`` says what a sheet holds, ``composing`` makes it of tasks, ``periods`` and ``circles``
place work in time, ``measuring`` fits text, ``layout`` places the boxes, ``drawing`` makes the SVG.
All of it is pure: the same tasks on the same day make the same page, byte for byte.
"""
