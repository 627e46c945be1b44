// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The selector and pod labels that the server generates for a Job without `manualSelector`.
enum JobLabels {
    static func generate(_ job: inout Object) {
        guard job.value(at: "spec", "manualSelector")?.bool != true else { return }
        let uid = Value.string(job.uid)
        let name = Value.string(job.name)
        for (key, value) in [
            ("batch.kubernetes.io/controller-uid", uid), ("batch.kubernetes.io/job-name", name),
            ("controller-uid", uid), ("job-name", name),
        ] {
            // Labels of the user's own are kept, and refused by validation when they conflict.
            if job.value(at: "spec", "template", "metadata", "labels", key) == nil {
                job.set(value, at: "spec", "template", "metadata", "labels", key)
            }
            // A Job without labels of its own shows its template's.
            job.set(value, at: "metadata", "labels", key)
        }
        if job.value(at: "spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid") == nil {
            job.set(uid, at: "spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid")
        }
    }

    /// An update that leaves the generated fields out keeps them.
    static func keep(from live: Object, in job: inout Object) {
        if job.value(at: "spec", "selector") == nil {
            job.set(live.value(at: "spec", "selector"), at: "spec", "selector")
        }
        let labels = live.value(at: "spec", "template", "metadata", "labels")?.object ?? Object()
        for key in [
            "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name",
        ] where job.value(at: "spec", "template", "metadata", "labels", key) == nil {
            guard let value = labels[key] else { continue }
            job.set(value, at: "spec", "template", "metadata", "labels", key)
        }
    }
}
