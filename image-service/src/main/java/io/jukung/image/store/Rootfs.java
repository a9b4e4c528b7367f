package io.jukung.image.store;

import java.nio.file.Path;
import java.util.List;

/**
 * An image's root file system.
 *
 * @param lowerDirectories topmost first, in the order of overlayfs' {@code lowerdir+}
 */
public record Rootfs(List<Path> lowerDirectories) {}
