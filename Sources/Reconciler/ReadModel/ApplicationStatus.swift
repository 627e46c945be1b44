// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// How one application stands in one environment: what the API, the CLI and the page show.
package struct ApplicationStatus: Sendable, Hashable {
    /// A change that others made, and that is still there.
    package struct Drift: Sendable, Hashable {
        package var object: ObjectID
        /// A field's path; empty where it concerns the whole object.
        package var field: String
        /// What happened: `changed`, `added`, `gone` …
        package var change: String
        /// Who owns the field now; empty where nobody does.
        package var manager: String
        package var action: DriftAction
        /// How often it was undone and came back.
        package var rounds: Int
        /// One sentence for people.
        package var message: String

        package init(
            object: ObjectID, field: String, change: String, manager: String, action: DriftAction, rounds: Int,
            message: String
        ) {
            self.object = object
            self.field = field
            self.change = change
            self.manager = manager
            self.action = action
            self.rounds = rounds
            self.message = message
        }
    }

    /// What others changed, and was undone since the last rollout.
    package struct Undone: Sendable, Hashable {
        /// How many times an object was brought back.
        package var count: Int
        package var lastAt: Timestamp
        /// What it was the last time: names of fields and managers, no values.
        package var message: String

        package init(count: Int, lastAt: Timestamp, message: String) {
            self.count = count
            self.lastAt = lastAt
            self.message = message
        }
    }

    package var target: TargetID
    /// Where its objects are, or will be; empty for the default cluster.
    package var cluster = ""
    package var phase: RolloutPhase
    package var health: HealthStatus
    /// The last revision that was judged healthy here: what should be running.
    package var revision: String?
    /// The revision git asks for.
    package var targetRevision: String?
    /// What that renders to, whichever commit is the newest that does.
    package var targetDigest: String?
    /// Why what git holds cannot be rolled out at all, and the first commit that was so.
    package var problem: Cause?
    package var problemRevision: String?
    /// The quarantine that holds the target revision back.
    package var quarantine: Quarantine?
    /// The rollback by a person that keeps it where it is.
    package var hold: Hold?
    /// What has to come before the target revision may be rolled out here, and since when it waits.
    package var waits: [GateWait] = []
    package var waitsSince: Timestamp?
    /// When a person last said something of what waits there.
    package var spokenAt: Timestamp?
    /// When an approval of it ran out last.
    package var approvalLapsedAt: Timestamp?
    /// What people set aside of it.
    package var suspensions: [Suspension] = []
    /// Why it is not well, or what it waits for.
    package var cause: Cause?
    package var lastRolloutAt: Timestamp?
    /// One sentence for people: "holding at 1a2b3c4, 5d6e7f8 quarantined because …".
    package var message: String
    package var objects: Int
    /// What others changed and is reported only, or comes back again and again; at most fifty.
    package var drift: [Drift]
    package var undone: Undone?
    /// What the last verdict says besides: what was left alone, or waits for a person.
    package var notes: [String] = []
    /// Of the containers of all pods that are there, as of when the application was at rest last.
    package var restarts: Int64 = 0
    /// Those in git, as of then.
    package var certificates: [CertificateState] = []
    /// Until when a relapse is the last rollout's failure.
    package var bakesUntil: Timestamp?

    package init(target: TargetID, phase: RolloutPhase = .idle, health: HealthStatus = .unknown) {
        self.target = target
        self.phase = phase
        self.health = health
        message = ""
        objects = 0
        drift = []
    }
}

/// How the daemon itself stands.
package struct DaemonStatus: Sendable, Hashable {
    package var startedAt: Timestamp
    package var source: SourceStatus
    package var pipeline: PipelineStatus
    /// The default one.
    package var cluster: ClusterStatus
    /// The others, as configured.
    package var clusters: [NamedCluster] = []
    package var notifications = NotificationStatus()
    /// True while the source was read and a cluster answers, whichever: what `/readyz` says.
    package var isReady: Bool

    /// What was found in clusters that the ledger did not know; nil where it was not looked for.
    package var search: SearchStatus?

    package struct SearchStatus: Sendable, Hashable {
        /// The search of one cluster.
        package struct Part: Sendable, Hashable {
            package var takenUp = 0
            package var finishedAt: Timestamp?
            package var error: String?
        }

        /// By the cluster's name, for those that are searched.
        private var parts: [String: Part] = [:]

        package init() {}

        package subscript(cluster: String) -> Part {
            get { parts[cluster] ?? Part() }
            set { parts[cluster] = newValue }
        }

        /// Objects that were taken up into the inventory.
        package var takenUp: Int { parts.reduce(0) { $0 + $1.value.takenUp } }

        /// When the last cluster was searched to the end; nil while one is not.
        package var finishedAt: Timestamp? {
            parts.contains { $0.value.finishedAt == nil } ? nil : parts.compactMap(\.value.finishedAt).max()
        }

        /// Why it could not be finished yet, of each cluster.
        package var error: String? {
            let errors = parts.sorted { $0.key < $1.key }.compactMap { name, part in
                part.error.map { name.isEmpty ? $0 : "cluster \(name): \($0)" }
            }
            return errors.isEmpty ? nil : errors.joined(separator: "; ")
        }
    }

    package struct SourceStatus: Sendable, Hashable {
        /// Without credentials.
        package var url: String
        package var branch: String
        package var head: String?
        package var lastPollAt: Timestamp?
        package var error: String?
        package var polls = 0
        package var failedPolls = 0
    }

    package struct PipelineStatus: Sendable, Hashable {
        /// The commit whose pipeline is in force.
        package var revision: String?
        /// Why a newer one is not.
        package var error: String?
        package var droppedEdges: [String] = []
        /// What is worth knowing of it, and holds nothing up.
        package var notes: [String] = []
        /// Whether every application of the pipeline in force was told what it should be, or why that cannot be read.
        package var isHandedOut = false
        /// In its order.
        package var environments: [String] = []
        /// Who is told of what, as the pipeline in force says.
        package var notifications: [NotificationRoute] = []
    }

    package struct ClusterStatus: Sendable, Hashable {
        package var version: String?
        package var error: String?
        /// Where it does not answer: when anything was last heard of it, or it was first asked.
        package var failingSince: Timestamp?

        package init(version: String? = nil, error: String? = nil) {
            self.version = version
            self.error = error
        }

        package var answers: Bool { version != nil && error == nil }
    }

    package struct NamedCluster: Sendable, Hashable {
        package var name: String
        package var status = ClusterStatus()

        package init(name: String, status: ClusterStatus = ClusterStatus()) {
            self.name = name
            self.status = status
        }
    }

    /// Whether any answers.
    package var hasCluster: Bool { cluster.answers || clusters.contains { $0.status.answers } }

    /// - Parameter cluster: empty for the default one. Of one that the daemon does not have nothing is known.
    package func status(of cluster: String) -> ClusterStatus {
        cluster.isEmpty ? self.cluster : clusters.first { $0.name == cluster }?.status ?? ClusterStatus()
    }

    package mutating func update(_ name: String, _ change: (inout ClusterStatus) -> Void) {
        if name.isEmpty { return change(&cluster) }
        guard let place = clusters.firstIndex(where: { $0.name == name }) else { return }
        change(&clusters[place].status)
    }

    package init(startedAt: Timestamp, sourceURL: String, branch: String) {
        self.startedAt = startedAt
        source = SourceStatus(url: sourceURL, branch: branch)
        pipeline = PipelineStatus()
        cluster = ClusterStatus()
        isReady = false
    }
}
