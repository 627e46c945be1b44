// SPDX-License-Identifier: Apache-2.0

internal import Manifests

/// An explanation for people: an application a line under its environment, and what moved below it.
struct ExplanationText {
    let explanation: Value

    var text: String {
        let revision = (explanation["revision"]?.string ?? "").prefix(7)
        let since = explanation["since"]?.string.map { "since \($0.prefix(7))" } ?? "the first commit"
        var lines = ["commit \(revision) \(explanation["subject"]?.string ?? ""), \(since)"]
        lines += (explanation["notes"]?.array ?? []).compactMap(\.string).map { "note: \($0)" }
        let targets = explanation["targets"]?.array ?? []
        let width = targets.compactMap { $0["application"]?.string?.count }.max() ?? 0
        // What left the pipeline comes last, and stands under its environment all the same.
        var places: [String] = []
        for place in targets.map({ $0["environment"]?.string ?? "" }) where !places.contains(place) {
            places.append(place)
        }
        for place in places {
            let here = targets.filter { $0["environment"]?.string ?? "" == place }
            let branch = here.compactMap { $0["branch"]?.string }.first.map { ", which follows the branch \($0)" }
            lines += ["", "\(place)\(branch ?? "")"]
            lines += here.flatMap { Self.lines(of: $0, width: width) }
        }
        if targets.isEmpty { lines += ["", "no application of mainstay.yaml is meant"] }
        return lines.map { $0.withoutControls + "\n" }.joined()
    }

    private static func lines(of target: Value, width: Int) -> [String] {
        let name = target["application"]?.string ?? ""
        let outcome = target["outcome"]?.string ?? ""
        let head = "  \(padded(name, width))  \(padded(outcome, "unchanged".count))"
        let message = (target["message"]?.string ?? "").split(separator: "\n").map(String.init)
        let changes = (target["changes"]?.array ?? []).compactMap { $0["text"]?.string }
        let texts = message + changes
        let indent = String(repeating: " ", count: head.count)
        return texts.isEmpty ? [head] : texts.enumerated().map { "\($0.offset == 0 ? head : indent)  \($0.element)" }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
