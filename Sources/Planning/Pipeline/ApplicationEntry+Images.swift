// SPDX-License-Identifier: Apache-2.0

import Manifests

extension ApplicationEntry {
    /// - Parameter environments: the application's.
    static func image(_ fields: StrictMap, in environments: [String]) -> Application.Image {
        let tag = tag(fields, in: environments)
        let image = Application.Image(
            name: fields.required("name", as: ImageText.self).text,
            newName: fields.optional("newName", as: ImageText.self)?.text, tag: tag,
            wait: fields.optional("wait") ?? tag?.defaultWait)
        if image.newName == nil, !["tag", "from"].contains(where: { fields.node[$0] != nil }) {
            fields.report("an image needs a \"tag\" or a \"newName\" to be replaced with", at: "name")
        }
        return image
    }

    /// Nil where there is none, and where it was refused.
    private static func tag(_ fields: StrictMap, in environments: [String]) -> Application.Tag? {
        let from = fields.optional("from", as: TreePath.self)?.text
        let length: Int? = fields.optional("length")
        var forms: [String: String] = [:]
        var everywhere = ""
        if case .mapping = fields.node["tag"]?.content {
            fields.map("tag") { map in
                for environment in environments where forms[environment] == nil {
                    forms[environment] = map.required(environment, as: TagText.self).form
                }
            }
        } else if let word = fields.optional("tag", as: TagText.self) {
            everywhere = word.form
        }
        let texts = (forms.isEmpty ? [everywhere] : forms.sorted { $0.key < $1.key }.map(\.value)).filter {
            !$0.isEmpty
        }
        let commit = commit(in: texts, from: from, fields)
        if let length {
            if !Application.Tag.lengths.contains(length) {
                fields.report("must be from 7 to 40, the digits of a commit's id", at: "length")
            } else if commit == nil, !texts.isEmpty {
                fields.report("has no effect on a tag without a commit in it", at: "length")
            }
        }
        guard !texts.isEmpty else {
            // One that was refused says enough.
            if from != nil, fields.node["tag"] == nil {
                fields.report("has no effect without \"tag: lastCommit\"", at: "from")
            }
            return nil
        }
        let tag = Application.Tag(form: everywhere, forms: forms, commit: commit, length: length ?? 40)
        let id = String(repeating: "0", count: 40)
        if environments.contains(where: { tag.text(in: $0, commit: id).utf8.count > TagText.longest }) {
            fields.report("is longer than \(TagText.longest) characters once it is filled in", at: "tag")
        }
        return tag
    }

    private static func commit(in texts: [String], from: String?, _ fields: StrictMap) -> Application.Tag.Commit? {
        let isLastCommit = texts.contains { $0.contains(Application.Tag.lastCommitPlaceholder) }
        let isRevision = texts.contains { $0.contains(Application.Tag.revisionPlaceholder) }
        switch (isLastCommit, isRevision, from) {
        case (true, true, _):
            fields.report("has lastCommit and revision in it: one of them", at: "tag")
            return nil
        case (true, false, let from?): return .lastCommit(from: from)
        case (true, false, nil):
            fields.report("is missing: \"tag: lastCommit\" needs the folder whose last commit it is", at: "from")
            return nil
        case (false, _, _?) where !texts.isEmpty:
            fields.report("has no effect without \"tag: lastCommit\"", at: "from")
            return nil
        case (false, true, _): return .revision
        case (false, false, _): return nil
        }
    }
}
