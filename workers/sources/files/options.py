"""What the settings say about one folder. Floor: tools."""

from typing import Annotated, Literal

from pathspec import GitIgnoreSpec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from workers.plans.values import Folder, Says, Size


def _pattern(value: str) -> str:
    try:
        patterns = GitIgnoreSpec.from_lines([value]).patterns
    except ValueError as error:
        raise ValueError(f"{value!r} is no pattern as .gitignore has them") from error
    if not patterns or patterns[0].include is None:
        raise ValueError(f"{value!r} matches nothing; write a pattern as .gitignore has them, for example *.tmp or cache/")
    return value


Pattern = Annotated[str, AfterValidator(_pattern), Says("pattern")]


class FilesOptions(BaseModel):
    """The table `[targets.<name>.files]` of the settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Folder = Field(description="The folder that is protected, with all that is in it.", examples=["/srv/uploads"])
    exclude: list[Pattern] = Field(
        default_factory=lambda: ["*.tmp", "**/cache/*"],
        description="What is left out: patterns as in .gitignore, `!` takes back; the last that matches decides.",
    )
    include: list[Pattern] = Field(
        default_factory=list, description="Only files that match one of these patterns are taken; left out: all that are not excluded."
    )
    rotating: list[Pattern] = Field(
        default_factory=list,
        description="Files that are renamed while they are written, as logs are: of each folder, up to 256 of them are opened together,"
        " so that one that is rotated meanwhile is neither lost nor doubled.",
        examples=[["*.log*"]],
    )
    one_file_system: bool = Field(True, description="Stay out of other file systems that are mounted inside.")
    marker: str = Field(
        ".nobackup",
        description="A folder in which anything has this name is kept without its contents; a warning says so.",
        min_length=1,
        max_length=255,
    )
    largest: Size | None = Field(None, description="Larger files are left out, and named in a warning.", examples=["10GiB"])
    unreadable: Literal["warn", "fail"] = Field(
        "warn", description="What files that cannot be read make of a backup: one with a warning for each, or a failure."
    )
    changing: Literal["warn", "fail"] = Field(
        "warn", description="What files that change while they are read make of a backup: one with a warning for each, or a failure."
    )
    allow_empty: bool = Field(False, description="Whether an empty folder is a backup; else it is refused, as a lost mount looks the same.")
