// SPDX-License-Identifier: Apache-2.0

extension Golden {
    /// Strategic merges into keyed, plain and unknown lists, deletions, and an order of one's own.
    static let merge = Golden(
        name: "merge", target: ".",
        files: [
            "base.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d, finalizers: [a, b], labels: {x: y}, annotations: {k: v}}
            spec:
              strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}
              template:
                spec:
                  containers:
                  - {name: a, image: a, args: [x, y], env: [{name: A, value: "1"}, {name: B, valueFrom: {fieldRef: {fieldPath: f}}}], ports: [{containerPort: 80, protocol: TCP}, {containerPort: 81, protocol: TCP}, {containerPort: 81, protocol: UDP}], volumeMounts: [{mountPath: /a, name: v}]}
                  - {name: b, image: b}
                  - {name: c, image: c}
                  tolerations: [{key: a}]
                  volumes: [{name: v, emptyDir: {}}]
                  imagePullSecrets: [{name: s}]
                  topologySpreadConstraints: [{topologyKey: zone, whenUnsatisfiable: DoNotSchedule, maxSkew: 1}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: s}
            spec: {ports: [{port: 80, name: http}, {port: 53, protocol: UDP, name: dns}, {port: 53, protocol: TCP, name: dnst}]}
            ---
            apiVersion: example.com/v1
            kind: Foo
            metadata: {name: f, finalizers: [a]}
            spec: {containers: [{name: a, x: 1}], env: [{name: b}], keep: {a: 1, b: 2}}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: sa}
            secrets: [{name: a}]
            imagePullSecrets: [{name: a}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: r}
            rules: [{verbs: [a]}]

            """#,
            "kustomization.yaml": #"""
            resources: [base.yaml]
            patches:
            - path: p.yaml
            - target: {kind: "Role|Foo", annotationSelector: "!nope"}
              patch: |-
                - {op: add, path: /metadata/annotations, value: {patched: "1"}}
            sortOptions:
              order: legacy
              legacySortOptions: {orderFirst: [Foo], orderLast: [Service]}

            """#,
            "p.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d, finalizers: [c, a], labels: {z: "1", x: null}}
            spec:
              strategy: {type: Recreate, rollingUpdate: null}
              template:
                spec:
                  nodeSelector: {a: null, b: c}
                  containers:
                  - {name: new1, image: n, resources: {limits: {cpu: null, memory: 1Gi}}}
                  - {name: b, $patch: delete}
                  - {name: a, args: [z], env: [{name: N1, value: n}, {name: B, $patch: delete}, {name: A, value: "2"}, {name: N2, value: m}], ports: [{containerPort: 81, protocol: UDP, name: u}, {containerPort: 90, protocol: TCP}], volumeMounts: []}
                  tolerations: [{key: b}]
                  volumes: [{name: v, emptyDir: null, configMap: {name: q}}, {name: w, emptyDir: {}}]
                  topologySpreadConstraints: [{topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, maxSkew: 1}, {topologyKey: zone, whenUnsatisfiable: DoNotSchedule, maxSkew: 5}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: s}
            spec: {ports: [{port: 80, targetPort: 1}, {port: 53, protocol: UDP, targetPort: 2}]}
            ---
            apiVersion: example.com/v1
            kind: Foo
            metadata: {name: f, finalizers: [b]}
            spec: {containers: [{name: b}], keep: {a: null, c: 3, $patch: replace}}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: sa}
            secrets: [{name: b}]
            imagePullSecrets: [{name: b}]

            """#,
        ],
        expected: #"""
            apiVersion: example.com/v1
            kind: Foo
            metadata:
              annotations: {patched: '1'}
              finalizers: [b]
              name: f
            spec:
              containers:
              - {name: b}
              env:
              - {name: b}
              keep: {c: 3}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              annotations: {k: v}
              finalizers: [c, a, b]
              labels: {z: '1'}
              name: d
            spec:
              strategy: {type: Recreate}
              template:
                spec:
                  containers:
                  - image: n
                    name: new1
                    resources:
                      limits: {memory: 1Gi}
                  - args: [z]
                    env:
                    - {name: N1, value: n}
                    - {name: A, value: '2'}
                    - {name: N2, value: m}
                    image: a
                    name: a
                    ports:
                    - {containerPort: 90, protocol: TCP}
                    - {containerPort: 80, protocol: TCP}
                    - {containerPort: 81, protocol: TCP}
                    - {containerPort: 81, name: u, protocol: UDP}
                    volumeMounts:
                    - {mountPath: /a, name: v}
                  - {image: c, name: c}
                  imagePullSecrets:
                  - {name: s}
                  nodeSelector: {b: c}
                  tolerations:
                  - {key: b}
                  topologySpreadConstraints:
                  - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}
                  - {maxSkew: 5, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}
                  volumes:
                  - configMap: {name: q}
                    name: v
                  - emptyDir: {}
                    name: w
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata:
              annotations: {patched: '1'}
              name: r
            rules:
            - verbs: [a]
            ---
            apiVersion: v1
            imagePullSecrets:
            - {name: b}
            kind: ServiceAccount
            metadata: {name: sa}
            secrets:
            - {name: b}
            - {name: a}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: s}
            spec:
              ports:
              - {name: http, port: 80, targetPort: 1}
              - {name: dns, port: 53, protocol: UDP, targetPort: 2}
              - {name: dnst, port: 53, protocol: TCP}

            """#)
}
