"""Fill a Word template with a document.

``package`` builds the template that is shipped and packs files; ``template`` reads one that a
college edited and refuses what it does not understand; ``writing`` turns blocks into paragraphs and
tables with styles, ``charts`` into charts of Word's own; ``filling`` puts it all into the places.

A template has places and marks, never expressions:

``{{标题}} {{编号}} {{对象}} {{周期}} {{数据截至}} {{层面}} {{摘要}} {{模板版本}}``
    words of the cover, anywhere, also in headers and footers;
``{{正文}} {{章节:standards}} {{附录}} {{签字}}``
    all sections, the blocks of one, the notes, the lines to sign on: a paragraph of their own each;
``{{#有:tasks}} … {{/有}}``
    paragraphs and tables that stand in the report where it has that section; each mark has a
    paragraph of its own, and both lie in the body, or in one cell;
``{{#行:standards}} {{列:point}} …``
    a row of a table, repeated for every row of a table of the document.
"""
