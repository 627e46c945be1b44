// SPDX-License-Identifier: Apache-2.0

/// Names that say that what they name is secret.
enum SecretName {
    private static let words: Set = [
        "password", "passwd", "passphrase", "pwd", "secret", "token", "credential", "credentials", "apikey",
        "privatekey", "accesskey", "secretkey",
    ]
    /// Too short, or too common, to say it of a field that the author of a kind named.
    private static let shortWords: Set = ["pw", "pass", "passcode", "cred", "creds"]
    /// `PGPASSWORD`, `DBPASS`.
    private static let endings = ["password", "passwd", "passphrase", "secret", "token", "apikey", "pass", "pwd"]
    /// `SECRET_NAME` names a Secret, `TOKEN_TTL` a time.
    private static let harmless: Set = [
        "name", "ref", "path", "file", "dir", "ttl", "url", "id", "namespace", "enabled", "expiry", "lifetime",
        "length", "policy", "mode", "type",
    ]

    /// `DATABASE_PASSWORD`, `apiKey`, `--auth-token`, `PW`.
    static func isMeant(by name: String) -> Bool {
        let parts = parts(of: name)
        guard let last = parts.last, !harmless.contains(last) else { return false }
        // `SIGNING_KEY` and `KEY`, but not `KEY_PREFIX` nor `PUBLIC_KEY`.
        if last == "key" || last == "keys" { return !parts.contains("public") && !parts.contains("pub") }
        return parts.contains { words.contains($0) || shortWords.contains($0) }
            || endings.contains(where: last.hasSuffix)
            || zip(parts, parts.dropFirst()).contains { words.contains($0 + $1) }
    }

    /// A field of a custom kind, named by its author: only where the whole name says it.
    static func isField(_ name: String) -> Bool {
        let whole = parts(of: name).joined()
        return words.contains(whole) || whole == "clientsecret"
    }

    private static func parts(of name: String) -> [String] {
        var parts: [String] = []
        var part = ""
        var wasLower = false
        for character in name {
            let isLetter = character.isLetter || character.isNumber
            if !isLetter || (character.isUppercase && wasLower) {
                if !part.isEmpty { parts.append(part.lowercased()) }
                part = ""
            }
            if isLetter { part.append(character) }
            wasLower = character.isLowercase
        }
        return part.isEmpty ? parts : parts + [part.lowercased()]
    }
}
