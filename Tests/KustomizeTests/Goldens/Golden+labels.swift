// SPDX-License-Identifier: Apache-2.0

extension Golden {
    static let labels = [
        labelPlaces
    ]

    /// Where labels and annotations go, with templates, selectors and neither.
    private static let labelPlaces = Golden(
        name: "label-places", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            labels: [{pairs: {t: tt}, includeTemplates: true}, {pairs: {o: oo}}]
            commonLabels: {c: cc}
            commonAnnotations: {a: aa}

            """#,
            "a.yaml": #"""
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: m, labels: null, annotations: {}}
            spec: {volumeClaimTemplates: [{metadata: {name: x}}, {spec: {}}], template: {spec: {affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchLabels: {q: q}}}], preferredDuringSchedulingIgnoredDuringExecution: [{podAffinityTerm: {labelSelector: {matchLabels: {q: q}}}}]}}, topologySpreadConstraints: [{labelSelector: {matchLabels: {q: q}}}, {labelSelector: {matchExpressions: []}}]}}}
            ---
            apiVersion: batch/v1
            kind: CronJob
            metadata: {name: m}
            spec: {jobTemplate: {spec: {selector: {matchLabels: {a: b}}, template: {spec: {}}}}}
            ---
            apiVersion: batch/v1
            kind: Job
            metadata: {name: m}
            spec: {template: {spec: {}}}
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: m}
            spec: {podSelector: {matchLabels: {x: y}}, ingress: [{from: [{podSelector: {matchLabels: {x: z}}}, {namespaceSelector: {matchLabels: {x: z}}}]}], egress: [{to: [{podSelector: {matchLabels: {x: z}}}]}]}
            ---
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: m}
            spec: {selector: {matchLabels: {x: z}}}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: m}
            ---
            apiVersion: v1
            kind: ReplicationController
            metadata: {name: m}
            ---
            apiVersion: serving.knative.dev/v1
            kind: Service
            metadata: {name: kn}
            ---
            apiVersion: extensions/v1beta1
            kind: Deployment
            metadata: {name: old}
            ---
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: ds}
            spec: {template: null, selector: null}

            """#,
        ],
        expected: #"""
            apiVersion: serving.knative.dev/v1
            kind: Service
            metadata:
              annotations:
                a: aa
              labels:
                c: cc
                o: oo
                t: tt
              name: kn
            spec:
              selector:
                c: cc
            ---
            apiVersion: v1
            kind: Service
            metadata:
              annotations:
                a: aa
              labels:
                c: cc
                o: oo
                t: tt
              name: m
            spec:
              selector:
                c: cc
            ---
            apiVersion: extensions/v1beta1
            kind: Deployment
            metadata:
              annotations:
                a: aa
              labels:
                c: cc
                o: oo
                t: tt
              name: old
            spec:
              selector:
                matchLabels:
                  c: cc
              template:
                metadata:
                  annotations:
                    a: aa
                  labels:
                    c: cc
                    t: tt
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata:
              annotations:
                a: aa
              labels:
                c: cc
                o: oo
                t: tt
              name: m
            spec:
              selector:
                matchLabels:
                  c: cc
              template:
                metadata:
                  annotations:
                    a: aa
                  labels:
                    c: cc
                    t: tt
                spec:
                  affinity:
                    podAntiAffinity:
                      preferredDuringSchedulingIgnoredDuringExecution:
                      - podAffinityTerm:
                          labelSelector:
                            matchLabels:
                              c: cc
                              q: q
                      requiredDuringSchedulingIgnoredDuringExecution:
                      - labelSelector:
                          matchLabels:
                            c: cc
                            q: q
                  topologySpreadConstraints:
                  - labelSelector:
                      matchLabels:
                        c: cc
                        q: q
                  - labelSelector:
                      matchExpressions: []
              volumeClaimTemplates:
              - metadata:
                  labels:
                    c: cc
                    t: tt
                  name: x
              - metadata:
                  labels:
                    c: cc
                    t: tt
                spec: {}
            ---
            apiVersion: batch/v1
            kind: CronJob
            metadata:
              annotations:
                a: aa
              labels:
                c: cc
                o: oo
                t: tt
              name: m
            spec:
              jobTemplate:
                metadata:
                  annotations:
                    a: aa
                  labels:
                    c: cc
                    t: tt
                spec:
                  selector:
                    matchLabels:
                      a: b
                      c: cc
                  template:
                    metadata:
                      annotations:
                        a: aa
                      labels:
                        c: cc
                        t: tt
                    spec: {}
            ---
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata:
              annotations:
                a: aa
              labels:
                c: cc
                o: oo
                t: tt
              name: m
            spec:
              selector:
                matchLabels:
                  c: cc
                  x: z
            ---
            apiVersion: apps/v1
            kind: DaemonSet
            metadata:
              annotations:
                a: aa
              labels:
                c: cc
                o: oo
                t: tt
              name: ds
            spec:
              selector:
                matchLabels:
                  c: cc
              template:
                metadata:
                  annotations:
                    a: aa
                  labels:
                    c: cc
                    t: tt
            ---
            apiVersion: batch/v1
            kind: Job
            metadata:
              annotations:
                a: aa
              labels:
                c: cc
                o: oo
                t: tt
              name: m
            spec:
              template:
                metadata:
                  annotations:
                    a: aa
                  labels:
                    c: cc
                    t: tt
                spec: {}
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              annotations:
                a: aa
              labels:
                c: cc
                o: oo
                t: tt
              name: m
            spec:
              egress:
              - to:
                - podSelector:
                    matchLabels:
                      c: cc
                      x: z
              ingress:
              - from:
                - podSelector:
                    matchLabels:
                      c: cc
                      x: z
                - namespaceSelector:
                    matchLabels:
                      x: z
              podSelector:
                matchLabels:
                  c: cc
                  x: "y"
            ---
            apiVersion: v1
            kind: ReplicationController
            metadata:
              annotations:
                a: aa
              labels:
                c: cc
                o: oo
                t: tt
              name: m
            spec:
              selector:
                c: cc
              template:
                metadata:
                  annotations:
                    a: aa
                  labels:
                    c: cc
                    t: tt

            """#)
}
