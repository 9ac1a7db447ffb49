"""What generated readers say: sentences of our own, put together anew each time. No character of it is Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from discussions.models import State

PLACES = (
    "the Corn Market", "Cooper’s Row", "the Hythe", "Larkhill", "Millfield", "the old glove factory",
    "Glover’s Lane", "the station", "the north bridge", "Mill Lane", "the swimming pool", "St Agnes",
)  # fmt: skip
THINGS = (
    "the tram", "the night library", "the fountain", "the car park", "the bus timetable", "the building site",
    "the bridge", "the budget", "the market", "the bench", "the lift at the town hall", "the street lighting",
)  # fmt: skip
PEOPLE = (
    "my neighbour", "my sister", "the baker", "our teacher", "a nurse I know", "the man at the kiosk", "my landlord",
    "the driver of the 14", "my grandfather", "a colleague", "the woman from the registry", "our postman",
)  # fmt: skip
OPENINGS = (
    "I have lived near {place} for {years} years and {thing} was always a quarrel.",
    "Nobody asked us about {thing}, and now everybody is surprised.",
    "I read the article twice and still wonder who pays for {thing}.",
    "Credit where it is due: {thing} is better than it was {years} years ago.",
    "As somebody who walks past {place} every morning, I can tell you it is not so simple.",
    "Can we please talk about {place} for once?",
    "I was against {thing} until {person} took me along to look at it.",
    "There is one figure missing here, and it is the most important one.",
    "Thank you for a fair piece on {thing}.",
    "This is the third plan for {place} in {years} years.",
)
CLAIMS = (
    "In the end it is {person} who has to live with it, not the council.",
    "You cannot have {thing} and {other} for the same money.",
    "What works at {place} will not work at {second} without a second look.",
    "{Person} counted {count} people there on a wet Tuesday, and that is a lot of umbrellas.",
    "The last time we waited, it took {years} years and cost twice as much.",
    "A good half of the noise comes from the deliveries before ten.",
    "I would rather pay a little more now than a great deal later.",
    "If {thing} had been finished in time, we would not be having this conversation.",
    "Young people need a place to go, and {place} after dark is not one.",
    "It would help to see the numbers for {second} next to those for {place}.",
    "Older people have been asking for a handrail there since before I was born.",
    "Other towns of our size have done it, and they are still standing.",
)
TURNS = (
    "That said, I understand why {person} is worried.",
    "But I may be wrong; I have been wrong about {other} before.",
    "On the other hand, doing nothing is a decision as well.",
    "Still, somebody should ask the people at {second}.",
    "I know that is not a popular view here.",
    "Then again, {person} says the same about everything.",
    "The truth is probably somewhere between here and {second}.",
)
CLOSINGS = (
    "I will be at the meeting on Thursday.", "Let us see.", "My {count} cents.", "Change my mind.",
    "Who is with me?", "I have said what I wanted to say.", "More benches, please.", "Please keep reporting on this.",
)  # fmt: skip
DOUBTFUL = (
    "What a stupid thing to write, honestly, you have no idea what you are talking about.",
    "Only a fool would believe that about {thing}.",
    "You people at {place} are pathetic, always whining about {other}.",
    "Shut up about {thing} already, you clown.",
    "The council is a bunch of liars and morons.",
)
FOUL = (
    "You are a disgusting idiot and I hope you choke on {thing}.",
    "Drop dead, you worthless piece of filth.",
    "Somebody should break your legs, you stupid pig.",
)


def text(state: State, random: Random) -> str:
    """One comment of one to three paragraphs, kind or not so kind as its state asks for."""
    sentences: list[str] = []
    if random.random() < 0.8:
        sentences.append(random.choice(OPENINGS))
    if state == State.HELD:
        sentences.append(random.choice(DOUBTFUL))
    if state == State.REJECTED:
        sentences.append(random.choice(FOUL))
    sentences += random.sample(CLAIMS, random.choices((1, 2, 3, 5), (6, 5, 2, 1))[0])
    if random.random() < 0.4:
        sentences.append(random.choice(TURNS))
    if random.random() < 0.3:
        sentences.append(random.choice(CLOSINGS))
    return _paragraphs([_filled(sentence, random) for sentence in sentences], random)


def html(words: str) -> str:
    """What `markup.render` makes of such a text, without asking it a hundred thousand times (a test compares)."""
    return "".join(f'<p dir="auto">{paragraph}</p>\n' for paragraph in words.split("\n\n"))


def _filled(sentence: str, random: Random) -> str:
    if "{" not in sentence:
        return sentence
    place, second = random.sample(PLACES, 2)
    thing, other = random.sample(THINGS, 2)
    person = random.choice(PEOPLE)
    filled = sentence.format(
        place=place, second=second, thing=thing, other=other, person=person, Person=person.capitalize(),
        years=random.randint(2, 40), count=random.randint(2, 400),
    )  # fmt: skip
    return filled[0].upper() + filled[1:]


def _paragraphs(sentences: Sequence[str], random: Random) -> str:
    blocks: list[str] = []
    for sentence in sentences:
        if blocks and random.random() < 0.75:
            blocks[-1] += " " + sentence
        else:
            blocks.append(sentence)
    return "\n\n".join(blocks)
