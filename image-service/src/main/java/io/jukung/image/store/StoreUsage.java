package io.jukung.image.store;

import io.jukung.linux.fs.DiskUsage;

/**
 * What the store takes on disk.
 *
 * @param images how many are listed
 * @param usedImages of these, in use by a container or pinned
 * @param blobs as they were fetched, with their files counted
 * @param layers unpacked
 * @param reclaimableBytes what would go with the images that are neither used nor pinned
 */
public record StoreUsage(
    int images, int usedImages, DiskUsage blobs, DiskUsage layers, long reclaimableBytes) {}
