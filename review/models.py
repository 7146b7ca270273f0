"""Lets Django find the models, which stand in the folders of the stages; nobody else reads it."""

import review.application_page.models
import review.inspection.models
import review.panels.models
import review.publicity.models
import review.publicity.objections.models
import review.qualification.models
import review.queue.saved_filters.models
import review.recommending.list_models
import review.recommending.models
import review.results.models
import review.scoring.models
import review.shared.attachments
import review.shared.round_changes
