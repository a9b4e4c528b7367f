package io.jukung.runtime.checkpoint;

/**
 * The names in an archive of a checkpoint: those that podman, CRI-O and containerd write and that
 * checkpointctl reads (github.com/checkpoint-restore/checkpointctl, lib/metadata.go), and one of
 * runc's.
 *
 * <pre>
 * config.dump                   which container this was, and its image
 * spec.dump                     its specification (OCI runtime-spec, config.md)
 * dump.log, stats-dump          the log and the numbers of CRIU
 * checkpoint/…                  the images of CRIU
 * checkpoint/descriptors.json   the names of the standard streams, as runc writes them
 * rootfs-diff.tar               what it has written, as a layer (OCI image-spec, layer.md)
 * </pre>
 */
final class ArchiveNames {
  static final String CONFIG = "config.dump";
  static final String SPEC = "spec.dump";
  static final String LOG = "dump.log";
  static final String STATISTICS = "stats-dump";
  static final String IMAGES = "checkpoint";
  static final String DESCRIPTORS = "descriptors.json";
  static final String ROOT_DIFFERENCE = "rootfs-diff.tar";

  private ArchiveNames() {}
}
