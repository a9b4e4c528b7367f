package io.jukung.runtime.network.cni;

/** The name of an attachment, which is unique within a network. */
public record AttachmentName(String containerId, String interfaceName) {
  public static AttachmentName of(AttachmentRecord record) {
    return new AttachmentName(
        record.attachment().containerId(), record.attachment().interfaceName());
  }
}
