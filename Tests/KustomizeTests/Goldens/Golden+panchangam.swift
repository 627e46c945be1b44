// SPDX-License-Identifier: Apache-2.0

extension Golden {
    /// A stateful base, generators with every source, a component, merged and replaced ConfigMaps.
    static let panchangam = Golden(
        name: "panchangam", target: "overlays/production",
        files: [
            "base/backend.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: backend}
            spec:
              selector: {matchLabels: {app: backend}}
              template:
                metadata: {labels: {app: backend}}
                spec:
                  serviceAccountName: backend
                  initContainers: [{name: wait, image: "busybox:1.36", envFrom: [{configMapRef: {name: flags}}]}]
                  containers:
                  - {name: grpc, image: panchangam/backend, envFrom: [{configMapRef: {name: backend-config}}], env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: password}}}]}
                  - {name: gateway, image: panchangam/gateway, volumeMounts: [{name: c, mountPath: /c}, {name: t, mountPath: /t}]}
                  volumes: [{name: c, projected: {sources: [{configMap: {name: backend-config}}, {secret: {name: db}}]}}, {name: t, secret: {secretName: tls}}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: backend}
            spec: {selector: {app: backend}, ports: [{port: 80, targetPort: 8080}]}
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: backend}
            spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: backend}, minReplicas: 3, maxReplicas: 10}
            ---
            apiVersion: batch/v1
            kind: Job
            metadata: {name: migrate}
            spec: {template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "migrate/migrate:v4", env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: password}}}]}]}}}
            ---
            apiVersion: batch/v1
            kind: CronJob
            metadata: {name: backup}
            spec: {schedule: "0 3 * * *", jobTemplate: {spec: {template: {spec: {serviceAccountName: backend, restartPolicy: OnFailure, containers: [{name: dump, image: "postgres:16", envFrom: [{secretRef: {name: db}}]}]}}}}}

            """#,
            "base/files/app.conf": #"""
            # a <config> & more
            server {
            \#tlisten 80;
            }

            """#,
            "base/files/flags.env": #"""
            # flags
            NEW_CALENDAR=true

              INDENTED=1
            URL=https://example.com/?a=b
            BARE

            """#,
            "base/ingress.yaml": #"""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web, annotations: {nginx.ingress.kubernetes.io/auth-secret: db}}
            spec:
              tls: [{hosts: [p.example.com], secretName: tls}]
              defaultBackend: {service: {name: backend, port: {number: 80}}}
              rules: [{host: p.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: backend, port: {number: 80}}}}]}}]

            """#,
            "base/kustomization.yaml": #"""
            resources: [postgres.yaml, backend.yaml, ingress.yaml, rbac.yaml]
            configMapGenerator:
            - name: backend-config
              literals: [GRPC_PORT=50051, 'QUOTED="a b"', EMPTY=]
              files: [app.conf=files/app.conf, files/logo.bin]
            - name: flags
              envs: [files/flags.env]
            secretGenerator:
            - name: db
              literals: [password=s3cr3t, username=app]
              type: kubernetes.io/basic-auth
            - name: tls
              files: [tls.crt=files/app.conf, tls.key=files/logo.bin]
              type: kubernetes.io/tls
            generatorOptions:
              labels: {generated: "true"}

            """#,
            "base/postgres.yaml": #"""
            apiVersion: v1
            kind: Service
            metadata: {name: postgres}
            spec: {clusterIP: None, selector: {app: postgres}, ports: [{port: 5432}]}
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: postgres}
            spec:
              serviceName: postgres
              selector: {matchLabels: {app: postgres}}
              template:
                metadata: {labels: {app: postgres}}
                spec:
                  containers:
                  - name: postgres
                    image: postgres:16
                    env:
                    - {name: POSTGRES_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}
                    volumeMounts: [{name: data, mountPath: /var/lib/postgresql/data}]
              volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}}]

            """#,
            "base/rbac.yaml": #"""
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: backend}
            imagePullSecrets: [{name: db}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: backend}
            rules: [{apiGroups: [""], resources: [secrets], resourceNames: [db], verbs: [get]}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: backend}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: backend}
            subjects: [{kind: ServiceAccount, name: backend}, {kind: ServiceAccount, name: default}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: backend}
            rules: []
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: backend}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: backend}
            subjects: [{kind: ServiceAccount, name: backend, namespace: default}]

            """#,
            "components/tracing/jaeger.yaml": #"""
            apiVersion: v1
            kind: Service
            metadata: {name: jaeger}
            spec: {ports: [{port: 6831, protocol: UDP}], selector: {app: jaeger}}

            """#,
            "components/tracing/kustomization.yaml": #"""
            apiVersion: kustomize.config.k8s.io/v1alpha1
            kind: Component
            resources: [jaeger.yaml]
            patches:
            - target: {kind: Deployment, name: backend}
              patch: |-
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: x}
                spec: {template: {spec: {containers: [{name: agent, image: "jaeger:1"}]}}}

            """#,
            "overlays/production/kustomization.yaml": #"""
            namespace: panchangam
            namePrefix: prod-
            nameSuffix: -v1
            resources: [../../base, quota.yaml]
            components: [../../components/tracing]
            configMapGenerator:
            - name: backend-config
              behavior: merge
              literals: [GRPC_PORT=6000, LOG=warn]
              options: {annotations: {note: merged}}
            - name: flags
              behavior: replace
              literals: [NEW_CALENDAR=false]
            - name: fixed
              literals: [a=b]
              options: {disableNameSuffixHash: true, immutable: true, labels: {own: x}}
            labels:
            - pairs: {env: production}
              includeSelectors: true
            commonAnnotations: {owner: team-calendar}
            patches:
            - target: {kind: StatefulSet}
              patch: |-
                - {op: replace, path: /spec/volumeClaimTemplates/0/spec/resources/requests/storage, value: 20Gi}
            - patch: |-
                apiVersion: batch/v1
                kind: CronJob
                metadata: {name: backup}
                $patch: delete

            """#,
            "overlays/production/quota.yaml": #"""
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: quota}
            spec: {hard: {pods: "50"}}

            """#,
        ],
        binaryFiles: [
            "base/files/logo.bin": [0, 255, 254, 1, 98, 105, 110, 97, 114, 121]
        ],
        expected: #"""
            apiVersion: v1
            kind: ResourceQuota
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production}
              name: prod-quota-v1
              namespace: panchangam
            spec:
              hard: {pods: '50'}
            ---
            apiVersion: v1
            imagePullSecrets:
            - {name: prod-db-v1-58g2h42d7h}
            kind: ServiceAccount
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production}
              name: prod-backend-v1
              namespace: panchangam
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production}
              name: prod-backend-v1
              namespace: panchangam
            rules:
            - apiGroups: ['']
              resourceNames: [prod-db-v1-58g2h42d7h]
              resources: [secrets]
              verbs: [get]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production}
              name: prod-backend-v1
            rules: []
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production}
              name: prod-backend-v1
              namespace: panchangam
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: prod-backend-v1}
            subjects:
            - {kind: ServiceAccount, name: prod-backend-v1, namespace: panchangam}
            - {kind: ServiceAccount, name: default, namespace: panchangam}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production}
              name: prod-backend-v1
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: prod-backend-v1}
            subjects:
            - {kind: ServiceAccount, name: prod-backend-v1, namespace: panchangam}
            ---
            apiVersion: v1
            binaryData: {logo.bin: AP/+AWJpbmFyeQ==}
            data: {EMPTY: '', GRPC_PORT: '6000', LOG: warn, QUOTED: a b, app.conf: "# a <config> & more\nserver\
                \ {\n\tlisten 80;\n}\n"}
            kind: ConfigMap
            metadata:
              annotations: {note: merged, owner: team-calendar}
              labels: {env: production, generated: 'true'}
              name: prod-backend-config-v1-2747h8bhb6
              namespace: panchangam
            ---
            apiVersion: v1
            data: {a: b}
            immutable: true
            kind: ConfigMap
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production, own: x}
              name: prod-fixed-v1
              namespace: panchangam
            ---
            apiVersion: v1
            data: {NEW_CALENDAR: 'false'}
            kind: ConfigMap
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production, generated: 'true'}
              name: prod-flags-v1-h4d7kf9g7b
              namespace: panchangam
            ---
            apiVersion: v1
            data: {password: czNjcjN0, username: YXBw}
            kind: Secret
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production, generated: 'true'}
              name: prod-db-v1-58g2h42d7h
              namespace: panchangam
            type: kubernetes.io/basic-auth
            ---
            apiVersion: v1
            data: {tls.crt: IyBhIDxjb25maWc+ICYgbW9yZQpzZXJ2ZXIgewoJbGlzdGVuIDgwOwp9Cg==, tls.key: AP/+AWJpbmFyeQ==}
            kind: Secret
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production, generated: 'true'}
              name: prod-tls-v1-6k7h75b76m
              namespace: panchangam
            type: kubernetes.io/tls
            ---
            apiVersion: v1
            kind: Service
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production}
              name: prod-backend-v1
              namespace: panchangam
            spec:
              ports:
              - {port: 80, targetPort: 8080}
              selector: {app: backend, env: production}
            ---
            apiVersion: v1
            kind: Service
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production}
              name: prod-jaeger-v1
              namespace: panchangam
            spec:
              ports:
              - {port: 6831, protocol: UDP}
              selector: {app: jaeger, env: production}
            ---
            apiVersion: v1
            kind: Service
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production}
              name: prod-postgres-v1
              namespace: panchangam
            spec:
              clusterIP: None
              ports:
              - {port: 5432}
              selector: {app: postgres, env: production}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production}
              name: prod-backend-v1
              namespace: panchangam
            spec:
              selector:
                matchLabels: {app: backend, env: production}
              template:
                metadata:
                  annotations: {owner: team-calendar}
                  labels: {app: backend, env: production}
                spec:
                  containers:
                  - {image: 'jaeger:1', name: agent}
                  - env:
                    - name: P
                      valueFrom:
                        secretKeyRef: {key: password, name: prod-db-v1-58g2h42d7h}
                    envFrom:
                    - configMapRef: {name: prod-backend-config-v1-2747h8bhb6}
                    image: panchangam/backend
                    name: grpc
                  - image: panchangam/gateway
                    name: gateway
                    volumeMounts:
                    - {mountPath: /c, name: c}
                    - {mountPath: /t, name: t}
                  initContainers:
                  - envFrom:
                    - configMapRef: {name: prod-flags-v1-h4d7kf9g7b}
                    image: busybox:1.36
                    name: wait
                  serviceAccountName: prod-backend-v1
                  volumes:
                  - name: c
                    projected:
                      sources:
                      - configMap: {name: prod-backend-config-v1-2747h8bhb6}
                      - secret: {name: prod-db-v1-58g2h42d7h}
                  - name: t
                    secret: {secretName: prod-tls-v1-6k7h75b76m}
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production}
              name: prod-postgres-v1
              namespace: panchangam
            spec:
              selector:
                matchLabels: {app: postgres, env: production}
              serviceName: prod-postgres-v1
              template:
                metadata:
                  annotations: {owner: team-calendar}
                  labels: {app: postgres, env: production}
                spec:
                  containers:
                  - env:
                    - name: POSTGRES_PASSWORD
                      valueFrom:
                        secretKeyRef: {key: password, name: prod-db-v1-58g2h42d7h}
                    image: postgres:16
                    name: postgres
                    volumeMounts:
                    - {mountPath: /var/lib/postgresql/data, name: data}
              volumeClaimTemplates:
              - metadata:
                  labels: {env: production}
                  name: data
                spec:
                  accessModes: [ReadWriteOnce]
                  resources:
                    requests: {storage: 20Gi}
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production}
              name: prod-backend-v1
              namespace: panchangam
            spec:
              maxReplicas: 10
              minReplicas: 3
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: prod-backend-v1}
            ---
            apiVersion: batch/v1
            kind: Job
            metadata:
              annotations: {owner: team-calendar}
              labels: {env: production}
              name: prod-migrate-v1
              namespace: panchangam
            spec:
              template:
                metadata:
                  annotations: {owner: team-calendar}
                  labels: {env: production}
                spec:
                  containers:
                  - env:
                    - name: P
                      valueFrom:
                        secretKeyRef: {key: password, name: prod-db-v1-58g2h42d7h}
                    image: migrate/migrate:v4
                    name: migrate
                  restartPolicy: Never
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              annotations: {nginx.ingress.kubernetes.io/auth-secret: prod-db-v1-58g2h42d7h, owner: team-calendar}
              labels: {env: production}
              name: prod-web-v1
              namespace: panchangam
            spec:
              defaultBackend:
                service:
                  name: prod-backend-v1
                  port: {number: 80}
              rules:
              - host: p.example.com
                http:
                  paths:
                  - backend:
                      service:
                        name: prod-backend-v1
                        port: {number: 80}
                    path: /
                    pathType: Prefix
              tls:
              - hosts: [p.example.com]
                secretName: prod-tls-v1-6k7h75b76m

            """#)
}
