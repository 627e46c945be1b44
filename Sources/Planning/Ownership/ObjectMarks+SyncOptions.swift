// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Argo CD's `argocd.argoproj.io/sync-options` (its manual, "Sync Options"): a list of `Name=value`.
extension ObjectMarks {
    static let syncOptionsKey = "argocd.argoproj.io/sync-options"

    mutating func readSyncOptions(of object: Object) {
        guard let text = object.annotations[Self.syncOptionsKey]?.string else { return }
        var options: [String: String] = [:]
        for option in text.split(separator: ",") {
            let word = String(option.filter { !$0.isWhitespace })
            guard !word.isEmpty else { continue }
            let parts = word.split(separator: "=", maxSplits: 1).map { $0.lowercased() }
            let value = parts.count == 2 ? parts[1] : "true"
            options[parts[0]] = value
            read(parts[0], value, as: word)
        }
        // There, the two together delete an object and make it anew.
        if options["force"] == "true", replacement == .unmarked { replacement = .allowed }
        if options["replace"] == "true", options["force"] != "true" {
            note(
                "Replace=true",
                "server-side apply needs none; to have an object recreated where a field cannot be "
                    + "changed, say \(Self.replaceKey): allowed")
        }
    }

    private mutating func read(_ name: String, _ value: String, as word: String) {
        switch (name, value) {
        // Argo CD's `confirm` wants a person for this very object; none was asked.
        case ("prune", "false"), ("prune", "confirm"), ("delete", "false"), ("delete", "confirm"):
            keepMark = keepMark ?? "\(Self.syncOptionsKey): \(word)"
        case ("prunelast", "true"): prunesLast = true
        case ("validate", "false"): skipsValidation = true
        case ("clientsideapplymigration", "false"): skipsTakeOver = true
        case ("serversideapply", "false"): note(word, "every object is applied by the server")
        case ("prunepropagationpolicy", "background"): break
        case ("prunepropagationpolicy", _): note(word, "dependents are always deleted in the background")
        // So it is done here anyway, or said of whole applications there.
        case ("skipdryrunonmissingresource", _), ("serversideapply", _), ("failonsharedresource", _),
            ("applyoutofsynconly", _), ("respectignoredifferences", _), ("createnamespace", _), ("force", _),
            ("replace", _), ("prune", "true"), ("delete", "true"), ("prunelast", _), ("validate", _),
            ("clientsideapplymigration", _):
            break
        default: note(word, "it is not known")
        }
    }

    private mutating func note(_ option: String, _ why: String) {
        notes.append("the sync option \(SafeText.word(option)) was ignored: \(why)")
    }
}
