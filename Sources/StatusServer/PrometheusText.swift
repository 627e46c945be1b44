// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler

/// The metrics page in Prometheus' text format 0.0.4. Labels are bounded: what the pipeline names, and fixed words.
struct PrometheusText {
    let text: String

    init(board: StatusBoard, load: [ClusterLoad], version: String) {
        var page = Page()
        let daemon = board.daemon
        page.family("mainstay_build_info", .gauge, "The running version.")
        page.sample(["version": version], 1)
        page.family("mainstay_ready", .gauge, "1 once the source was read and a cluster answers.")
        page.sample([:], daemon.isReady ? 1 : 0)
        page.family("mainstay_start_time_seconds", .gauge, "When the daemon started, in seconds since 1970.")
        page.sample([:], daemon.startedAt.millisecondsSinceEpoch / 1000)
        page.family("mainstay_source_polls_total", .counter, "Polls of the source, by result.")
        page.sample(["result": "success"], Int64(daemon.source.polls))
        page.sample(["result": "failure"], Int64(daemon.source.failedPolls))
        page.family("mainstay_source_last_poll_timestamp_seconds", .gauge, "The last successful poll.")
        page.sample([:], (daemon.source.lastPollAt?.millisecondsSinceEpoch ?? 0) / 1000)
        page.family("mainstay_pipeline_valid", .gauge, "1 while the head's mainstay.yaml is in force.")
        page.sample([:], daemon.pipeline.error == nil && daemon.pipeline.revision != nil ? 1 : 0)
        page.family(
            "mainstay_cluster_reachable", .gauge, "1 while the API server answers; the default cluster has no label.")
        page.sample([:], daemon.cluster.answers ? 1 : 0)
        for cluster in daemon.clusters { page.sample(["cluster": cluster.name], cluster.status.answers ? 1 : 0) }
        Self.addLoad(load, to: &page)
        Self.addApplications(board.applications, to: &page)
        Self.addDrift(board, to: &page)
        Self.addNotifications(board.daemon.notifications.receivers, to: &page)
        page.family("mainstay_rollouts_total", .counter, "Rollouts that ended since the daemon started, by result.")
        for (count, value) in board.rolloutCounts {
            page.sample(Self.labels(count.target, ("phase", count.phase.rawValue)), Int64(value))
        }
        Self.addDelivery(board.deliveryCounts, to: &page)
        text = page.text
    }

    private static func addDelivery(_ counts: [(target: TargetID, counts: DeliveryCounts)], to page: inout Page) {
        page.family(
            "mainstay_lead_time_seconds", .summary,
            "From the commit to healthy, of what was deployed since the daemon started.")
        for (target, counts) in counts { page.summary(labels(target), counts.leadTimes) }
        page.family(
            "mainstay_rollout_duration_seconds", .summary,
            "From the begin of applying to healthy, of what was deployed since the daemon started.")
        for (target, counts) in counts { page.summary(labels(target), counts.durations) }
        page.family(
            "mainstay_restore_time_seconds", .summary,
            "From a failure, or from becoming unwell, to healthy again, since the daemon started.")
        for (target, counts) in counts { page.summary(labels(target), counts.restoreTimes) }
    }

    private static func addLoad(_ loads: [ClusterLoad], to page: inout Page) {
        page.family(
            "mainstay_cluster_request_limit", .gauge,
            "How many requests may be under way at once, as learnt from the API server's answers.")
        for load in loads { page.sample(load.labels, Int64(load.limit)) }
        page.family("mainstay_cluster_requests_in_flight", .gauge, "Requests under way; open watches do not count.")
        for load in loads { page.sample(load.labels, Int64(load.inFlight)) }
        page.family("mainstay_cluster_requests_waiting", .gauge, "Requests that wait for their turn.")
        for load in loads { page.sample(load.labels, Int64(load.waiting)) }
        page.family(
            "mainstay_cluster_requests_refused_total", .counter,
            "Answers of 429, by which the API server says that it is over its limits.")
        for load in loads { page.sample(load.labels, Int64(load.refused)) }
        page.family("mainstay_cluster_requests_repeated_total", .counter, "Requests that were sent again.")
        for load in loads { page.sample(load.labels, Int64(load.repeated)) }
        page.family(
            "mainstay_cluster_requests_total", .counter,
            "Requests sent to the API server, by method; WATCH opens a watch.")
        for load in loads {
            for (method, count) in load.sent.sorted(by: { $0.key < $1.key }) {
                page.sample(load.labels + [("method", method)], Int64(count))
            }
        }
    }

    private static func addApplications(_ applications: [ApplicationStatus], to page: inout Page) {
        page.family("mainstay_application_info", .gauge, "One for each application, with its revisions.")
        for status in applications {
            page.sample(
                labels(
                    status.target, ("revision", status.revision ?? ""), ("target_revision", status.targetRevision ?? "")
                ),
                1)
        }
        page.family("mainstay_application_health", .gauge, "1 for the health that the application has.")
        for status in applications { page.sample(labels(status.target, ("health", status.health.rawValue)), 1) }
        page.family("mainstay_application_phase", .gauge, "1 for the phase that the application's rollout is in.")
        for status in applications { page.sample(labels(status.target, ("phase", status.phase.rawValue)), 1) }
        page.family("mainstay_application_quarantined", .gauge, "1 while the target revision is quarantined.")
        for status in applications { page.sample(labels(status.target), status.quarantine == nil ? 0 : 1) }
        page.family(
            "mainstay_application_restarts", .gauge,
            "Restarts of the containers of the application's pods that are there.")
        for status in applications { page.sample(labels(status.target), status.restarts) }
        addCertificates(applications, to: &page)
    }

    private static func addCertificates(_ applications: [ApplicationStatus], to page: inout Page) {
        let all = applications.flatMap { status in
            status.certificates.map { certificate in
                (
                    labels(
                        status.target, ("namespace", certificate.object.namespace), ("name", certificate.object.name)),
                    certificate
                )
            }
        }
        page.family("mainstay_certificate_ready", .gauge, "1 while the Certificate in git is ready.")
        for (labels, certificate) in all { page.sample(labels, certificate.isReady ? 1 : 0) }
        page.family(
            "mainstay_certificate_expiry_timestamp_seconds", .gauge, "When what was issued for it last expires.")
        for (labels, certificate) in all {
            if let end = certificate.expiresAt { page.sample(labels, end.millisecondsSinceEpoch / 1000) }
        }
    }

    private static func addDrift(_ board: StatusBoard, to page: inout Page) {
        page.family(
            "mainstay_application_drift", .gauge,
            "Changes by others that are still there: reported only, or undone and back again.")
        for status in board.applications {
            for action in [DriftAction.report, .heal] {
                let count = status.drift.count { $0.action == action }
                page.sample(labels(status.target, ("action", action.rawValue)), Int64(count))
            }
        }
        page.family(
            "mainstay_drift_healed_total", .counter, "Objects brought back to what git says since the daemon started.")
        for (target, value) in board.healedCounts { page.sample(labels(target), Int64(value)) }
    }

    private static func addNotifications(_ receivers: [ReceiverStatus], to page: inout Page) {
        func family(_ name: String, _ kind: Page.Kind, _ help: String, _ value: (ReceiverStatus) -> Int) {
            page.family("mainstay_notifications_\(name)", kind, help)
            for receiver in receivers {
                page.sample(["receiver": receiver.name, "service": receiver.service.rawValue], Int64(value(receiver)))
            }
        }
        family("pending", .gauge, "Notifications that the receiver does not have yet.", \.pending)
        family("failing", .gauge, "1 while the receiver does not take what is sent to it.") { $0.error == nil ? 0 : 1 }
        family(
            "delivered_total", .counter, "Notifications that the receiver took since the daemon started.", \.delivered)
        family(
            "abandoned_total", .counter,
            "Notifications that were given up since the daemon started: refused, or too many waited.", \.abandoned)
        family("failed_tries_total", .counter, "Tries that failed since the daemon started.", \.failedTries)
    }

    private static func labels(_ target: TargetID, _ more: (String, String)...) -> [(String, String)] {
        [("application", target.application), ("environment", target.environment)] + more
    }
}

private struct Page {
    enum Kind: String {
        case counter, gauge, summary
    }

    private(set) var text = ""
    private var name = ""

    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ labels: KeyValuePairs<String, String>, _ value: Int64) {
        sample(labels.map { ($0.key, $0.value) }, value)
    }

    mutating func sample(_ labels: [(String, String)], _ value: Int64) {
        let list = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(list)} \(value)\n"
    }

    /// Without quantiles, which nobody can add up.
    mutating func summary(_ labels: [(String, String)], _ sum: DeliveryCounts.Sum) {
        let name = name
        defer { self.name = name }
        self.name = "\(name)_sum"
        sample(labels, sum.total.milliseconds / 1000)
        self.name = "\(name)_count"
        sample(labels, Int64(sum.count))
    }

    private static func escaped(_ value: String) -> String {
        // By scalars: a line feed after a carriage return is half a Character, and would be missed.
        value.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}

extension ClusterLoad {
    /// The default cluster has none: its name is not the operator's.
    fileprivate var labels: [(String, String)] { cluster.isEmpty ? [] : [("cluster", cluster)] }
}
