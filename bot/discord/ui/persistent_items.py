"""Every button and menu that the client must recognize after a restart."""

from __future__ import annotations

from bot.discord.ui.check_again_button import CheckAgainButton
from bot.discord.ui.components import PersistentItem
from bot.discord.ui.confirmation import ConfirmButton
from bot.discord.ui.direct_buttons import ChangeButton, ChangeTimesButton, ResumeButton, StopButton
from bot.discord.ui.follow_buttons import FollowInsteadButton, UndoUnfollowButton
from bot.discord.ui.follow_like_buttons import EditFollowButton, FollowLikeButton
from bot.discord.ui.library_buttons import CiteButton, SaveButton, UnsaveButton, UnsaveMenu
from bot.discord.ui.opened_paper import OpenButton, PaperMenu, SimilarButton
from bot.discord.ui.pages import PageButton
from bot.discord.ui.preview_button import PreviewButton
from bot.discord.ui.setting_buttons import AllSettingsButton, FocusButton, InsteadButton, UndoSettingButton
from bot.discord.ui.setup_entry import SetUpButton
from bot.discord.ui.setup_panel import PanelItem
from bot.discord.ui.subscription_buttons import PostOlderButton, UndoButton

PERSISTENT_ITEMS: tuple[type[PersistentItem], ...] = (
    AllSettingsButton,
    ChangeButton,
    ChangeTimesButton,
    CheckAgainButton,
    CiteButton,
    ConfirmButton,
    EditFollowButton,
    FocusButton,
    FollowInsteadButton,
    FollowLikeButton,
    InsteadButton,
    OpenButton,
    PageButton,
    PanelItem,
    PaperMenu,
    PostOlderButton,
    PreviewButton,
    SaveButton,
    ResumeButton,
    SetUpButton,
    StopButton,
    SimilarButton,
    UndoButton,
    UndoSettingButton,
    UndoUnfollowButton,
    UnsaveButton,
    UnsaveMenu,
)
