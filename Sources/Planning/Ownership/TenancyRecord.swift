// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// A daemon, as others that follow the same repository and branch are told of it.
package struct Tenant: Sendable, Hashable, CustomStringConvertible {
    /// The ledger's: what has the same one is the same daemon, started again.
    package var installation: String
    /// This start of it: a copy of the ledger can be started beside it.
    package var process: String
    /// Where it runs.
    package var name: String

    package init(installation: String, process: String, name: String) {
        self.installation = installation
        self.process = process
        self.name = name
    }

    package var description: String { "\(SafeText.quote(name)) (installation \(SafeText.word(installation)))" }
}

/// Which daemon may write what a source says into a namespace: a ConfigMap there, named after the source.
///
/// Nobody renews it. Whoever finds another daemon in it asks, by writing to it, and the other answers by taking the
/// question out: so it costs no request while all is well.
package struct TenancyRecord: Sendable, Hashable {
    package static let kind = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")

    package var source: String
    package var holder: Tenant
    package var since: String
    /// Who asks whether the holder lives, and has not been answered.
    package var asker: String?

    package init(source: String, holder: Tenant, since: Timestamp) {
        self.source = source
        self.holder = holder
        self.since = since.secondsDescription
    }

    /// As it may be shown: anybody may have written it.
    package var sinceText: String { SafeText.word(since) }
    package var askerText: String? { asker.map { SafeText.quote($0) } }

    package static func id(of source: String, in namespace: String) -> ObjectID {
        let hash = OwnerLabel.identityHash(of: ObjectID(group: "", kind: "", namespace: "", name: source))
        return ObjectID(group: "", kind: "ConfigMap", namespace: namespace, name: "mainstay-\(hash)")
    }

    /// Nil for what says nothing of a daemon.
    package init?(_ object: Object) {
        func text(_ key: String) -> String? {
            object.value(at: "data", key)?.string.flatMap { $0.isEmpty || $0.utf8.count > 1024 ? nil : $0 }
        }
        guard let installation = text("installation"), let process = text("process") else { return nil }
        source = text("source") ?? ""
        holder = Tenant(installation: installation, process: process, name: text("daemon") ?? "?")
        since = text("since") ?? "?"
        asker = text("asker")
    }

    package func object(in namespace: String) -> Object {
        let id = Self.id(of: source, in: namespace)
        return [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(id.name), "namespace": .string(namespace),
                "labels": ["app.kubernetes.io/managed-by": "mainstay"],
            ],
            "data": data,
        ]
    }

    private var data: Value {
        var data: Object = [
            "source": .string(source), "daemon": .string(holder.name), "installation": .string(holder.installation),
            "process": .string(holder.process), "since": .string(since),
        ]
        if let asker { data["asker"] = .string(asker) }
        return .object(data)
    }

    /// The JSON patch that writes it over the ConfigMap that was read, and over no other.
    package func patch(over live: Object) -> [Value] {
        [
            ["op": "test", "path": "/metadata/resourceVersion", "value": .string(live.resourceVersion)],
            ["op": "add", "path": "/data", "value": data],
        ]
    }
}
