// SPDX-License-Identifier: Apache-2.0

import Manifests

extension APIServer {
    /// Creates an object: names, defaults, ownership, validation, then the store.
    ///
    /// - Parameter owners: the managed fields that an apply has worked out; otherwise the writer owns what it wrote.
    mutating func create(_ object: Object, _ request: WriteRequest, owners: ManagedFields? = nil) throws(StatusError)
        -> Object
    {
        let type = request.type
        var object = object
        var request = request
        if object.name.isEmpty, let prefix = object.value(at: "metadata", "generateName")?.string, !prefix.isEmpty {
            object.setMetadata("name", .string(prefix.prefix(58) + nameSuffix()))
        }
        request.name = object.name
        if type.namespaced { object.setMetadata("namespace", .string(request.namespace)) }
        try admit(request)
        object = prepared(object, type)
        try checkEscalation(object, old: nil, request)
        let time = now().secondsDescription
        var managed = owners ?? ManagedFields(written: object.value(at: "metadata", "managedFields"), over: nil)
        if owners == nil {
            // Cannot fail but for entries that the client made up, which are then not kept.
            var updated = managed
            do throws(StatusError) {
                try updated.update(
                    from: EmptyObjects.object(type), to: object, versions: versions(of: request),
                    manager: request.fieldManager("Update"), time: time)
                managed = updated
            } catch { managed = ManagedFields() }
        }
        // After ownership was worked out: what webhooks add belongs to nobody.
        object = try admitted(object, request, operation: "create")
        for key in ["selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion", "generation"] {
            object.setMetadata(key, nil)
        }
        object.setMetadata("uid", .string(uuid()))
        object.setMetadata("creationTimestamp", .string(time))
        if type.hasGeneration { object.setMetadata("generation", 1) }
        try complete(&object, request)
        let allocation = addresses
        Strategy.prepareForCreate(&object, type, addresses: &addresses)
        object.setMetadata("managedFields", managed.value)
        do throws(StatusError) {
            try check(object, request)
        } catch {
            addresses = allocation
            throw error
        }
        guard store.object(request.key) == nil else {
            addresses = allocation
            throw .alreadyExists(type, object.name)
        }
        if request.dryRun {
            addresses = allocation
            return object.inCanonicalOrder(custom: type.custom != nil)
        }
        return put(object, request)
    }

    /// Whether an object may be created.
    private func check(_ object: Object, _ request: WriteRequest) throws(StatusError) {
        let type = request.type
        let causes = Validation.causes(object, old: nil, type: type, timeZones: options.timeZones)
        guard causes.isEmpty else {
            throw .invalid(group: type.group, kind: type.kind, name: object.name, causes: causes)
        }
        if store.object(request.key) != nil { throw .alreadyExists(type, object.name) }
        try checkAllocations(object, request)
        try checkLimits(object, request)
        try checkQuotas(object, request)
    }

    /// Replaces an object (or its status): a write that changes nothing keeps the resourceVersion.
    mutating func update(_ object: Object, _ request: WriteRequest, owners: ManagedFields? = nil) throws(StatusError)
        -> Object
    {
        let type = request.type
        guard let live = store.object(request.key)?.served(as: type) else { throw .notFound(type, request.name) }
        if !object.resourceVersion.isEmpty, object.resourceVersion != live.resourceVersion {
            throw .conflict(type, request.name)
        }
        if !object.uid.isEmpty, object.uid != live.uid {
            if request.isPatch {
                let cause = Validation.invalid("metadata.uid", .string(object.uid), "field is immutable")
                throw .invalid(group: type.group, kind: type.kind, name: request.name, causes: [cause])
            }
            throw .conflict(
                type, request.name,
                "Precondition failed: UID in precondition: \(object.uid), UID in object meta: \(live.uid)")
        }
        var object = object
        if type.namespaced { object.setMetadata("namespace", .string(request.namespace)) }
        for key in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"] {
            object.setMetadata(key, live.metadata[key])
        }
        // An empty list means something here, which decoding would drop.
        let written = object.value(at: "metadata", "managedFields")
        object = prepared(object, type)
        try checkEscalation(object, old: live, request)
        let managed = owners ?? self.managed(object, written: written, live: live, request)
        object = try admitted(object, request, operation: "update")
        Strategy.prepareForUpdate(&object, live: live, type, subresource: request.subresource, addresses: &addresses)
        object.setMetadata("managedFields", managed.value)
        object.setMetadata("resourceVersion", .string(live.resourceVersion))
        if type.hasGeneration, changesGeneration(object, live, request) {
            object.setMetadata("generation", .integer((live.generation ?? 0) + 1))
        }
        let causes = Validation.causes(
            object, old: live, type: type, subresource: request.subresource, timeZones: options.timeZones)
        guard causes.isEmpty else {
            throw .invalid(group: type.group, kind: type.kind, name: request.name, causes: causes)
        }
        if request.subresource.isEmpty { try checkUpdate(object, live: live, request) }
        let unchanged =
            object.withoutManagedFields == live.withoutManagedFields
            && managed.isSame(as: ManagedFields(live.value(at: "metadata", "managedFields")))
        if unchanged { return live }
        if request.dryRun { return object.inCanonicalOrder(custom: type.custom != nil) }
        let stored = put(object, request)
        if stored.isTerminating, Strategy.isFinalized(stored) { remove(request.key) }
        return stored
    }

    /// A custom kind without the status subresource counts changes of its status too.
    private func changesGeneration(_ object: Object, _ live: Object, _ request: WriteRequest) -> Bool {
        guard request.type.custom != nil, !request.type.hasStatus else {
            return Strategy.specification(object) != Strategy.specification(live)
        }
        var (new, old) = (object, live)
        new["metadata"] = nil
        old["metadata"] = nil
        return new != old
    }

    /// Writes through, in the version that the kind is stored in; returns the object in that of the request.
    private mutating func put(_ object: Object, _ request: WriteRequest) -> Object {
        let custom = request.type.custom != nil
        var stored = object
        if let type = registry.versions(of: request.type.storage).first(where: \.isStorageVersion) {
            stored = stored.served(as: type)
            if type.apiVersion != object.apiVersion, let custom = type.custom {
                stored = CustomSchema.prepared(stored, custom.schema)
            }
        }
        return put(stored.inCanonicalOrder(custom: custom), at: request.key).served(as: request.type)
            .inCanonicalOrder(custom: custom)
    }

    func versions(of request: WriteRequest) -> FieldVersions {
        FieldVersions(
            type: request.type, types: registry.versions(of: request.type.storage), subresource: request.subresource)
    }

    /// Who owns what after an update. An object whose ownership was reset stays without until it is applied.
    private func managed(
        _ object: Object, written: Value?, live: Object, _ request: WriteRequest
    ) -> ManagedFields {
        let liveFields = live.value(at: "metadata", "managedFields")
        let written = request.subresource.isEmpty ? written : liveFields
        var fields = ManagedFields(written: written, over: liveFields)
        guard !fields.entries.isEmpty else { return fields }
        do throws(StatusError) {
            try fields.update(
                from: live, to: object, versions: versions(of: request), manager: request.fieldManager("Update"),
                time: now().secondsDescription)
            return fields
        } catch {
            // The server writes the object all the same, and leaves the list as it was.
            return ManagedFields(liveFields)
        }
    }

    /// Normalised and defaulted, as decoding into the server's types does.
    func prepared(_ object: Object, _ type: ResourceType) -> Object {
        if let custom = type.custom { return CustomSchema.prepared(object, custom.schema) }
        var object = Normalizer.normalized(object, type.schema)
        Defaults.apply(to: &object, type)
        ZeroFields.fill(&object, type)
        return object
    }

    /// The namespace must exist, and take new content.
    private func admit(_ request: WriteRequest) throws(StatusError) {
        guard request.type.namespaced else { return }
        let key = StoreKey(kind: GroupKind(group: "", kind: "Namespace"), namespace: "", name: request.namespace)
        guard let namespace = store.object(key) else { throw .namespaceNotFound(request.namespace) }
        guard namespace.isTerminating else { return }
        throw .forbidden(
            request.type, request.name,
            "unable to create new content in namespace \(request.namespace) because it is being terminated",
            causes: [
                StatusError.Cause(
                    reason: "NamespaceTerminating", message: "namespace \(request.namespace) is being terminated",
                    field: "metadata.namespace")
            ])
    }
}
