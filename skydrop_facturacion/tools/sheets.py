"""Rows of a table, divided into sheets of paper.

wkhtmltopdf with patched Qt does it by itself. Without the patches it repeats no head
and cuts rows, but obeys a break that is asked for.
"""


def split(heights, first, others, end, together=2):
    """Divide rows among sheets.

    :param list heights: height of each row, in any unit
    :param float first: room for rows on the first sheet
    :param float others: room for rows on each further one
    :param float end: room that is needed below the last row
    :param int together: how many rows at least stand above the end
    :return: first and last position of each sheet, the last one not included
    :rtype: list[tuple[int, int]]
    """
    starts, room = [0], first
    for position, height in enumerate(heights):
        if height > room and position > starts[-1]:
            starts.append(position)
            room = others
        room -= height
    if end > room and len(heights) - together > starts[-1]:
        starts.append(len(heights) - together)
    return list(zip(starts, [*starts[1:], len(heights)], strict=True))
