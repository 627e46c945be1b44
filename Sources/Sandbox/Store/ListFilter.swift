// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a list or watch selects, besides kind and namespace.
struct ListFilter: Sendable {
    var labels = LabelSelector()
    var fields = FieldSelector()

    init() {}

    init(_ target: RequestTarget, type: ResourceType, name: String?) throws(StatusError) {
        if let text = target["labelSelector"] { labels = try LabelSelector(text) }
        var text = target["fieldSelector"] ?? ""
        // A watch of one object by its own path.
        if let name { text += (text.isEmpty ? "" : ",") + "metadata.name=\(name)" }
        fields = try FieldSelector(text, type: type)
    }

    func matches(_ object: Object) -> Bool { labels.matches(object.labels) && fields.matches(object) }
}
