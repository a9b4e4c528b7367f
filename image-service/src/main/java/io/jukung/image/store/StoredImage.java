package io.jukung.image.store;

import io.jukung.image.manifest.ImageConfig;
import java.util.List;

/**
 * An image that is here and complete.
 *
 * @param id digest of its configuration, {@code sha256:…}; of an artifact's manifest
 * @param repoTags names with tags, as in {@code docker.io/library/busybox:latest}, sorted
 * @param repoDigests names with the digest they led to, as in {@code name@sha256:…}, sorted
 * @param sizeBytes what it takes on disk, content shared with other images included
 * @param config empty for an artifact
 * @param artifact whether it is files that can only be mounted
 * @param pinned whether the node's garbage collection must keep it
 */
public record StoredImage(
    String id,
    List<String> repoTags,
    List<String> repoDigests,
    long sizeBytes,
    ImageConfig config,
    boolean artifact,
    boolean pinned) {}
