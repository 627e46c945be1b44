// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a list or watch selects, besides kind and namespace.
struct ListFilter: Sendable {
    var labels = LabelSelector()
    var fields = FieldSelector()

    /// Selects everything.
    var isEmpty: Bool { labels.requirements.isEmpty && fields.isEmpty }

    func matches(_ object: Object) -> Bool {
        isEmpty || (labels.matches(object.labels) && fields.matches(object))
    }
}
