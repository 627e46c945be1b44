// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler

/// The read models as the API's JSON. Names and shapes here are the contract with everyone who reads it.
enum StatusJSON {
    static func daemon(
        _ daemon: DaemonStatus, applications: [ApplicationStatus], version: String, auditHead: AuditMark
    ) -> Value {
        var byHealth = Object()
        for health in HealthStatus.allCases {
            byHealth[health.rawValue] = .integer(Int64(applications.count { $0.health == health }))
        }
        return [
            "version": .string(version), "startedAt": .string(daemon.startedAt.description),
            "ready": .bool(daemon.isReady),
            "source": [
                "url": .string(daemon.source.url), "branch": .string(daemon.source.branch),
                "head": optional(daemon.source.head), "lastPollAt": optional(daemon.source.lastPollAt?.description),
                "error": optional(daemon.source.error),
            ],
            "pipeline": [
                "revision": optional(daemon.pipeline.revision), "error": optional(daemon.pipeline.error),
                "droppedDependencies": .array(daemon.pipeline.droppedEdges.map { .string($0) }),
                "environments": .array(daemon.pipeline.environments.map { .string($0) }),
                "notes": .array(daemon.pipeline.notes.map { .string($0) }),
            ],
            "cluster": [
                "version": optional(daemon.cluster.version), "error": optional(daemon.cluster.error),
                "failingSince": optional(daemon.cluster.failingSince?.description),
            ],
            "clusters": .array(daemon.clusters.map(cluster)),
            "notifications": [
                "receivers": .array(daemon.notifications.receivers.map(receiver)),
                "problems": .array(daemon.notifications.problems.map { .string($0) }),
            ],
            "ledger": ["auditSequence": .integer(auditHead.sequence), "auditHead": .string(auditHead.hash)],
            "search": daemon.search.map(search) ?? .null,
            "applications": ["total": .integer(Int64(applications.count)), "health": .object(byHealth)],
        ]
    }

    private static func cluster(_ cluster: DaemonStatus.NamedCluster) -> Value {
        [
            "name": .string(cluster.name), "version": optional(cluster.status.version),
            "error": optional(cluster.status.error),
            "failingSince": optional(cluster.status.failingSince?.description),
        ]
    }

    private static func search(_ search: DaemonStatus.SearchStatus) -> Value {
        [
            "takenUp": .integer(Int64(search.takenUp)), "finishedAt": optional(search.finishedAt?.description),
            "error": optional(search.error),
        ]
    }

    private static func receiver(_ receiver: ReceiverStatus) -> Value {
        [
            "name": .string(receiver.name), "service": .string(receiver.service.rawValue),
            "pending": .integer(Int64(receiver.pending)), "delivered": .integer(Int64(receiver.delivered)),
            "abandoned": .integer(Int64(receiver.abandoned)), "error": optional(receiver.error),
            "failingSince": optional(receiver.failingSince?.description),
            "lastDeliveryAt": optional(receiver.lastDeliveryAt?.description),
        ]
    }

    static func application(_ status: ApplicationStatus) -> Value {
        [
            "name": .string(status.target.application), "environment": .string(status.target.environment),
            "cluster": status.cluster.isEmpty ? .null : .string(status.cluster),
            "phase": .string(status.phase.rawValue), "health": .string(status.health.rawValue),
            "revision": optional(status.revision), "targetRevision": optional(status.targetRevision),
            "quarantine": status.quarantine.map(quarantine) ?? .null, "hold": status.hold.map(hold) ?? .null,
            "waits": .array(status.waits.map(wait)), "waitsSince": optional(status.waitsSince?.description),
            "suspensions": .array(status.suspensions.map(suspension)), "cause": status.cause.map(cause) ?? .null,
            "lastRolloutAt": optional(status.lastRolloutAt?.description), "message": .string(status.message),
            "objects": .integer(Int64(status.objects)), "drift": .array(status.drift.map(drift)),
            "undone": status.undone.map(undone) ?? .null, "notes": .array(status.notes.map { .string($0) }),
            "bakesUntil": optional(status.bakesUntil?.description), "restarts": .integer(status.restarts),
            "certificates": .array(status.certificates.map(certificate)),
        ]
    }

    private static func certificate(_ certificate: CertificateState) -> Value {
        [
            "object": .string(certificate.object.description), "ready": .bool(certificate.isReady),
            "expiresAt": optional(certificate.expiresAt?.description),
            "renewsAt": optional(certificate.renewsAt?.description),
        ]
    }

    private static func undone(_ undone: ApplicationStatus.Undone) -> Value {
        [
            "count": .integer(Int64(undone.count)), "last": .string(undone.lastAt.description),
            "message": .string(undone.message),
        ]
    }

    private static func wait(_ wait: GateWait) -> Value {
        [
            "reason": .string(wait.reason.rawValue), "message": .string(wait.message),
            "until": optional(wait.until?.description),
        ]
    }

    private static func drift(_ drift: ApplicationStatus.Drift) -> Value {
        [
            "object": .string(drift.object.description), "field": .string(drift.field),
            "change": .string(drift.change), "manager": .string(drift.manager),
            "action": .string(drift.action.rawValue), "rounds": .integer(Int64(drift.rounds)),
            "message": .string(drift.message),
        ]
    }

    static func rollout(_ rollout: RolloutView) -> Value {
        let start = rollout.start
        return [
            "id": .string(start.id), "application": .string(start.target.application),
            "environment": .string(start.target.environment), "cluster": optional(start.cluster),
            "revision": .string(start.revision),
            "fromRevision": optional(start.fromRevision), "digest": .string(start.digest),
            "trigger": .string(start.trigger.rawValue), "startedAt": .string(start.startedAt.description),
            "endedAt": optional(rollout.endedAt?.description), "phase": .string(rollout.phase.rawValue),
            "phases": .array(
                rollout.phases.map {
                    [
                        "phase": .string($0.phase.rawValue), "at": .string($0.at.description),
                        "reason": optional($0.reason),
                    ]
                }),
            "verdict": rollout.verdict.map(verdict) ?? .null, "hooks": .array(rollout.hooks.map(hook)),
        ]
    }

    private static func hook(_ run: HookRun) -> Value {
        [
            "object": .string(run.object.description), "outcome": .string(run.outcome.rawValue),
            "at": .string(run.at.description), "logLines": .array(run.lines.map { .string($0) }),
        ]
    }

    static func revision(_ view: RevisionView) -> Value {
        let revision = view.revision
        return [
            "commit": .string(revision.commit), "branch": .string(revision.branch),
            "author": .string(revision.author), "subject": .string(revision.subject),
            "committedAt": .string(revision.committedAt.description), "seenAt": .string(view.seenAt.description),
        ]
    }

    static func notification(_ view: NotificationView) -> Value {
        var value = view.event.json.object ?? Object()
        value["title"] = .string(NotificationText(view.event).title)
        value["deliveries"] = .array(
            view.deliveries.map { ["receiver": .string($0.receiver), "outcome": .string($0.outcome)] })
        return .object(value)
    }

    static func page<Item>(_ page: HistoryPage<Item>, _ item: (Item) -> Value) -> Value {
        ["items": .array(page.items.map(item)), "next": optional(page.next)]
    }

    static func cause(_ cause: Cause) -> Value {
        [
            "object": optional(cause.object?.description), "reason": .string(cause.reason),
            "message": .string(cause.message), "pod": optional(cause.pod), "container": optional(cause.container),
            "image": optional(cause.image), "exitCode": cause.exitCode.map { .integer($0) } ?? .null,
            "logLines": .array(cause.logLines.map { .string($0) }),
        ]
    }

    private static func verdict(_ verdict: Verdict) -> Value {
        [
            "outcome": .string(verdict.outcome.rawValue), "cause": verdict.cause.map(cause) ?? .null,
            "notes": .array(verdict.notes.map { .string($0) }),
        ]
    }

    private static func quarantine(_ quarantine: Quarantine) -> Value {
        [
            "revision": .string(quarantine.revision), "digest": .string(quarantine.digest),
            "since": .string(quarantine.since.description), "cause": cause(quarantine.cause),
        ]
    }

    private static func hold(_ hold: Hold) -> Value {
        [
            "revision": .string(hold.to.start.revision), "awayFrom": .string(hold.awayFromRevision),
            "by": .string(hold.actor), "reason": optional(hold.reason), "since": .string(hold.since.description),
        ]
    }

    private static func suspension(_ suspension: Suspension) -> Value {
        [
            "scope": .string(suspension.scope.description), "by": .string(suspension.actor),
            "object": optional(suspension.scope.object?.description), "reason": .string(suspension.reason),
            "since": .string(suspension.since.description),
        ]
    }

    private static func optional(_ text: String?) -> Value { text.map { .string($0) } ?? .null }
}
