// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Planning

/// What a value must be besides its type, wherever it comes from. Each answers what is wrong, or nil.
enum ConfigurationRules {
    /// Quotes nothing of the value: a password may stand in it.
    static let url: @Sendable (String) -> String? = { text in
        do throws(GitError) {
            _ = try GitURL(text)
            return nil
        } catch {
            return error.hint.isEmpty ? error.message : "\(error.message); \(error.hint)"
        }
    }

    private static let forbiddenInBranches = Array(" ~^:?*[\\".unicodeScalars)

    /// The common part of git-check-ref-format(1).
    static let branch: @Sendable (String) -> String? = { text in
        let hasForbidden = text.unicodeScalars.contains { $0.isControl || forbiddenInBranches.contains($0) }
        let isName =
            !text.isEmpty && !text.hasPrefix("-") && !text.hasPrefix("/") && !text.hasSuffix("/")
            && !text.contains("..") && !hasForbidden
        return isName ? nil : "must be the name of a branch, not \"\(text)\""
    }

    static let interval: @Sendable (Duration) -> String? = { $0 < .seconds(1) ? "must be at least 1s" : nil }

    static let history: @Sendable (Duration) -> String? = {
        $0 < Environment.shortestHistory ? "must be at least 24h" : nil
    }

    static let limit: @Sendable (Int) -> String? = { $0 < 1 ? "must be at least 1" : nil }

    static let listen: @Sendable (String) -> String? = { text in
        ListenAddress(text) == nil ? "must be HOST:PORT, as in 127.0.0.1:8080, not \"\(text)\"" : nil
    }

    static let registry: @Sendable (String) -> String? = { text in
        RegistryImage.isHost(text)
            ? nil : "must be a registry's host as images name it, as in registry.example.com:5000, not \"\(text)\""
    }

    static let cluster: @Sendable (String) -> String? = { text in
        if text == "default" { return "is what the cluster under `cluster` is called: give this one another name" }
        return Environment.isClusterName(text) ? nil : "must be \(Environment.clusterNames), not \"\(text.prefix(80))\""
    }

    static let checkHosts: @Sendable ([String]) -> String? = { hosts in
        hosts.first { !CheckHost.isPattern($0) }.map {
            "must be hosts such as api.example.com, *.example.com or 10.0.0.7:9090, not \"\($0)\""
        }
    }

    static let path: @Sendable (String) -> String? = { $0.isEmpty ? "must be a path, not empty" : nil }
}
