// SPDX-License-Identifier: Apache-2.0

/// The fields in which kustomize expands variables by itself (`varReference` in its default transformer configuration).
enum VariableFields {
    static let builtIn: [FieldSpec] = workloads + ingresses + volumes + others

    private static let inContainers = ["args", "command", "env/value", "volumeMounts/mountPath"]

    /// Where kinds hold a pod's specification.
    private static let pods: KeyValuePairs = [
        "CronJob": "spec/jobTemplate/spec/template/spec", "DaemonSet": "spec/template/spec",
        "Deployment": "spec/template/spec", "Job": "spec/template/spec", "Pod": "spec",
        "ReplicaSet": "spec/template/spec",
        "StatefulSet": "spec/template/spec",
    ]

    private static let workloads = pods.flatMap { kind, path in
        ["containers", "initContainers"].flatMap { list in
            inContainers.map { FieldSpec("\(path)/\(list)/\($0)", kind: kind) }
        }
    }

    private static let ingresses = ["spec/rules/host", "spec/tls/hosts", "spec/tls/secretName"].map {
        FieldSpec($0, kind: "Ingress")
    }

    /// Of a CronJob and a StatefulSet the paths lead nowhere in a valid object; they are what kustomize has.
    private static let volumes =
        ["DaemonSet", "Deployment", "Job", "ReplicaSet"].map {
            FieldSpec("spec/template/spec/volumes/nfs/server", kind: $0)
        } + [
            FieldSpec("spec/jobTemplate/spec/template/volumes/nfs/server", kind: "CronJob"),
            FieldSpec("spec/volumes/nfs/server", kind: "Pod"),
            FieldSpec("spec/volumeClaimTemplates/spec/nfs/server", kind: "StatefulSet"),
            FieldSpec("spec/nfs/server", kind: "PersistentVolume"),
        ]

    private static let others = [
        FieldSpec("spec/template/metadata/annotations", kind: "Deployment"),
        FieldSpec("spec/ports/port", kind: "Service"), FieldSpec("spec/ports/targetPort", kind: "Service"),
        FieldSpec("metadata/labels"), FieldSpec("metadata/annotations"),
    ]
}
