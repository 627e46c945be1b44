// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// A URL that is a secret itself, as those of incoming webhooks are.
enum SecretURL {
    /// A part that may be the secret, and not a word that anybody might use.
    private static let shortestPart = 8

    /// Everything of it that a server may say again, the longest first: many refuse with `Cannot POST /hooks/…`.
    static func parts(of url: String) -> [String] {
        guard let scheme = url.range(of: "://") else { return [url] }
        let place = url[scheme.upperBound...]
        let authority = place.prefix { !"/?#".contains($0) }
        let rest = place[authority.endIndex...]
        let halves = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var parts = [url, String(rest)] + halves.map(String.init)
        if let user = authority.lastIndex(of: "@").map({ authority[..<$0] }) {
            parts += [String(user)] + user.split(separator: ":").map(String.init)
        }
        parts += rest.split { "/?&=#".contains($0) }.filter { $0.utf8.count >= shortestPart }.map(String.init)
        parts += parts.compactMap(\.removingPercentEncoding)
        return Set(parts).sorted { ($0.utf8.count, $1) > ($1.utf8.count, $0) }
    }
}
