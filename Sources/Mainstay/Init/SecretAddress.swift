// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Reconciler

/// An address that a container takes from a Secret, where nothing can read it: what kind of server it is of shows in the
/// variable's name.
struct SecretAddress {
    enum Family: CaseIterable {
        case postgres, mysql, mongo, redis, nats, rabbitmq, kafka

        var words: Set<String> {
            switch self {
            case .postgres: ["POSTGRES", "POSTGRESQL", "PG", "DATABASE", "DB"]
            case .mysql: ["MYSQL", "MARIADB", "DATABASE", "DB"]
            case .mongo: ["MONGO", "MONGODB", "DATABASE", "DB"]
            case .redis: ["REDIS"]
            case .nats: ["NATS"]
            case .rabbitmq: ["RABBITMQ", "AMQP"]
            case .kafka: ["KAFKA"]
            }
        }

        private var images: Set<String> {
            switch self {
            case .postgres: ["postgres", "postgresql", "postgis", "pgvector", "timescaledb"]
            case .mysql: ["mysql", "mariadb", "percona"]
            case .mongo: ["mongo", "mongodb"]
            case .redis: ["redis", "valkey", "keydb"]
            case .nats: ["nats"]
            case .rabbitmq: ["rabbitmq"]
            case .kafka: ["kafka"]
            }
        }

        /// Whether a server of the family is among the manifests.
        func isProvided(by manifests: [Manifest]) -> Bool {
            manifests.contains { manifest in
                ApplicationContents.containers(of: manifest.object).contains { container in
                    let image = container["image"]?.string?.split(separator: "/").last ?? ""
                    return images.contains(String(image.prefix { $0 != ":" && $0 != "@" }))
                }
            }
        }
    }

    var family: Family
    var variable: String

    private static let addressWords: Set = [
        "URL", "URI", "DSN", "HOST", "ADDR", "ADDRESS", "SERVER", "ENDPOINT", "CONNECTION",
    ]

    /// In the order of the manifests; of `DATABASE_URL`, for every family that it may be of.
    static func needs(of manifests: [Manifest]) -> [SecretAddress] {
        manifests.flatMap { ApplicationContents.containers(of: $0.object) }.flatMap { container in
            (container["env"]?.array ?? []).flatMap { variable -> [SecretAddress] in
                guard let name = variable["name"]?.string, variable["valueFrom"]?["secretKeyRef"] != nil else {
                    return []
                }
                let words = Set(name.uppercased().split(separator: "_").map(String.init))
                guard !words.isDisjoint(with: addressWords) else { return [] }
                return Family.allCases.filter { !$0.words.isDisjoint(with: words) }.map {
                    SecretAddress(family: $0, variable: name)
                }
            }
        }
    }
}
