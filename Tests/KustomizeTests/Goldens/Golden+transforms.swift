// SPDX-License-Identifier: Apache-2.0

extension Golden {
    /// Every transformer of one kustomization on one object of each kind that it treats in its own way.
    static let transforms = Golden(
        name: "transforms", target: ".",
        files: [
            "base/all.yaml": #"""
            apiVersion: v1
            kind: Namespace
            metadata: {name: foo}
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db}
            spec:
              serviceName: db
              selector: {matchLabels: {app: db}}
              template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "reg:5000/pg:1"}], volumes: [{name: v, image: {reference: "reg:5000/pg:1"}}]}}
              volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: db}
            spec: {clusterIP: None}
            ---
            apiVersion: batch/v1
            kind: CronJob
            metadata: {name: cj}
            spec: {schedule: "* * * * *", jobTemplate: {spec: {template: {spec: {serviceAccountName: sa, containers: [{name: c, image: "reg:5000/pg"}]}}}}}
            ---
            apiVersion: batch/v1
            kind: Job
            metadata: {name: j}
            spec: {template: {spec: {serviceAccountName: sa, containers: [{name: c, image: "reg:5000/pg@sha256:abc"}]}}}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: sa}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: rb}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
            subjects: [{kind: ServiceAccount, name: sa},{kind: ServiceAccount, name: default},{kind: ServiceAccount, name: other, namespace: oo}, {kind: ServiceAccount, name: sa, namespace: zz}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: r}
            rules: [{apiGroups: [""], resources: [secrets], resourceNames: [cm, x], verbs: [get]}]
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: np}
            spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {a: b}}}]}]}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}
            spec: {selector: {matchLabels: {app: d}}, template: {metadata: {labels: {app: d}}, spec: {serviceAccountName: sa, containers: [{name: c, image: "reg:5000/pg", env: [{name: Z, value: z}]}]}}}
            ---
            apiVersion: example.com/v1
            kind: Foo
            metadata: {name: f}
            spec: {containers: [{image: "reg:5000/pg"}], template: {spec: {}}}
            ---
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: d}
            spec: {minAvailable: 1, selector: {matchLabels: {app: d}}}
            ---
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata: {name: v1.x}
            spec: {service: {name: db}}
            ---
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: foos.example.com}
            spec: {conversion: {strategy: Webhook, webhook: {clientConfig: {service: {name: db, namespace: q}}}}}
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: w}
            webhooks: [{name: a, clientConfig: {service: {name: db, namespace: default}}}]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: p}
            spec: {containers: [{name: x, image: "reg:5000/pg"}]}

            """#,
            "base/kustomization.yaml": #"""
            resources: [all.yaml]

            """#,
            "kustomization.yaml": #"""
            resources: [base]
            namespace: newns
            namePrefix: pre-
            nameSuffix: -suf
            commonAnnotations: {an: "x"}
            labels:
            - pairs: {l1: plain}
            - pairs: {l2: sel}
              includeSelectors: true
            - pairs: {l3: tpl}
              includeTemplates: true
            images: [{name: "reg:5000/pg", newTag: "2"}]
            configMapGenerator:
            - {name: cm, literals: [a=b]}
            secretGenerator:
            - {name: sec, literals: ["a='quoted'", "long=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa<&>"]}
            replicas: [{name: d, count: 3}]

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: Namespace
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: newns
            ---
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: foos.example.com
            spec:
              conversion:
                strategy: Webhook
                webhook:
                  clientConfig:
                    service: {name: db, namespace: newns}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-sa-suf
              namespace: newns
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-r-suf
              namespace: newns
            rules:
            - apiGroups: ['']
              resourceNames: [pre-cm-suf-4h2mbtbbt6, x]
              resources: [secrets]
              verbs: [get]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-rb-suf
              namespace: newns
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: pre-r-suf}
            subjects:
            - {kind: ServiceAccount, name: pre-sa-suf, namespace: newns}
            - {kind: ServiceAccount, name: default, namespace: newns}
            - {kind: ServiceAccount, name: other, namespace: oo}
            - {kind: ServiceAccount, name: sa, namespace: zz}
            ---
            apiVersion: v1
            data: {a: b}
            kind: ConfigMap
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-cm-suf-4h2mbtbbt6
              namespace: newns
            ---
            apiVersion: v1
            data: {a: cXVvdGVk, long: 'YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYW

                FhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE8Jj4=

                '}
            kind: Secret
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-sec-suf-5f2tddh6ff
              namespace: newns
            type: Opaque
            ---
            apiVersion: v1
            kind: Service
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-db-suf
              namespace: newns
            spec:
              clusterIP: None
              selector: {l2: sel}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-d-suf
              namespace: newns
            spec:
              replicas: 3
              selector:
                matchLabels: {app: d, l2: sel}
              template:
                metadata:
                  annotations: {an: x}
                  labels: {app: d, l2: sel, l3: tpl}
                spec:
                  containers:
                  - env:
                    - {name: Z, value: z}
                    image: reg:5000/pg:2
                    name: c
                  serviceAccountName: pre-sa-suf
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-db-suf
              namespace: newns
            spec:
              selector:
                matchLabels: {app: db, l2: sel}
              serviceName: pre-db-suf
              template:
                metadata:
                  annotations: {an: x}
                  labels: {app: db, l2: sel, l3: tpl}
                spec:
                  containers:
                  - {image: 'reg:5000/pg:2', name: db}
                  volumes:
                  - image: {reference: 'reg:5000/pg:2'}
                    name: v
              volumeClaimTemplates:
              - metadata:
                  labels: {l2: sel, l3: tpl}
                  name: data
                spec:
                  accessModes: [ReadWriteOnce]
            ---
            apiVersion: batch/v1
            kind: CronJob
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-cj-suf
              namespace: newns
            spec:
              jobTemplate:
                metadata:
                  annotations: {an: x}
                  labels: {l2: sel, l3: tpl}
                spec:
                  template:
                    metadata:
                      annotations: {an: x}
                      labels: {l2: sel, l3: tpl}
                    spec:
                      containers:
                      - {image: 'reg:5000/pg:2', name: c}
                      serviceAccountName: pre-sa-suf
              schedule: '* * * * *'
            ---
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-d-suf
              namespace: newns
            spec:
              minAvailable: 1
              selector:
                matchLabels: {app: d, l2: sel}
            ---
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: v1.x
            spec:
              service: {name: pre-db-suf, namespace: newns}
            ---
            apiVersion: batch/v1
            kind: Job
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-j-suf
              namespace: newns
            spec:
              template:
                metadata:
                  annotations: {an: x}
                  labels: {l2: sel, l3: tpl}
                spec:
                  containers:
                  - {image: 'reg:5000/pg:2', name: c}
                  serviceAccountName: pre-sa-suf
            ---
            apiVersion: example.com/v1
            kind: Foo
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-f-suf
              namespace: newns
            spec:
              containers:
              - {image: 'reg:5000/pg:2'}
              template:
                spec: {}
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-np-suf
              namespace: newns
            spec:
              ingress:
              - from:
                - podSelector:
                    matchLabels: {a: b, l2: sel}
              podSelector: {}
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-p-suf
              namespace: newns
            spec:
              containers:
              - {image: 'reg:5000/pg:2', name: x}
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata:
              annotations: {an: x}
              labels: {l1: plain, l2: sel, l3: tpl}
              name: pre-w-suf
            webhooks:
            - clientConfig:
                service: {name: pre-db-suf, namespace: newns}
              name: a

            """#)
}
