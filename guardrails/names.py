"""Given names that are common in English-speaking countries, for recognising "Mary Johnson" without a cue.

Written from general knowledge of public name statistics. Names that are also words of medicine or English (Grace the
score, Mark, May, Will, Rose, Hope, Faith, Norma, Iris, Dawn, Bill, Art, Chase, Drew, Gene, Jean, Joy, Pat, Penny,
Rich, Rob, Sue, Summer, Victor, Virginia, Zoster) are left out: with a cue ("Mrs", "patient named") they are found too.
"""

from __future__ import annotations

_GIVEN = """
aaron abigail adam adrian ahmed aisha alan albert alejandro alex alexander alexandra alexis alice alicia
alison allison amanda amber amy ana andrea andrew angela angelica anita ann anna anne annie anthony antonio
april arthur ashley audrey austin barbara beatrice benjamin bernard beth betty beverly bonnie bradley brandon
brenda brian brittany bruce bryan caitlin cameron carl carla carlos carmen carol caroline carolyn carrie
catherine charles charlotte cheryl chloe chris christina christine christopher cindy claire clara claudia
connie craig crystal cynthia dale daniel danielle darren david deborah debra denise dennis derek diana diane
dmitri donald donna doris dorothy douglas dylan edith eduardo edward eileen elaine eleanor elena elizabeth
ella ellen emily emma eric erica erin ethan eugene eva evan evelyn fatima felix fernando fiona florence
frances francis frank fred frederick gabriel gabriela gary geoffrey george gerald gina gloria gordon graham
greg gregory hannah harold harry hassan heather hector helen henry herbert holly howard hugh ian ibrahim irene
isaac isabel isabella ivan jack jackie jacob jacqueline jade jake james jamie jane janet janice jared jasmine
jason jeff jeffrey jennifer jeremy jerry jesse jessica jill jim joan joanna joe joel john johnathan johnny
jonathan jordan jorge jose joseph joshua joyce juan juanita judith judy julia julian julie justin karen karl
kate katherine kathleen kathryn kathy katie keith kelly kenneth kevin kimberly kristen kristin kyle larry
laura lauren lawrence leah lena leo leon leonard leslie liam lillian lily linda lisa logan lois loretta lori
louis louise lucas lucia lucy luis luke lydia lynn madison malcolm manuel marcus margaret maria marie marilyn
mario marion marjorie martha martin marvin mary matthew maureen megan melanie melissa michael michelle miguel
mike mildred mohamed mohammed monica muhammad nancy naomi natalie nathan nathaniel neil nicholas nicole nina
noah nora olga olivia omar oscar owen pamela patricia patrick paul paula pauline peter philip phillip phyllis
priya rachel ralph ramon raymond rebecca richard rita robert roberta roger roland ronald rosa rosemary roy
russell ruth ryan sally sam samantha samuel sandra sara sarah scott sean sergio shannon sharon shawn sheila
shirley simon sofia sophia sophie stacey stanley stefan stella stephanie stephen steve steven stuart susan
suzanne sylvia tamara tara teresa terry theodore theresa thomas tiffany timmy timothy tina todd tom tony tracy
travis tyler valerie vanessa vera veronica vincent vivian walter wanda wayne wendy wesley william yolanda
yusuf yvonne zachary zoe
"""

GIVEN_NAMES = frozenset(_GIVEN.split())
