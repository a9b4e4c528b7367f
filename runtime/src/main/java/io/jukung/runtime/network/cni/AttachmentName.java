package io.jukung.runtime.network.cni;

/** What makes an attachment the same one within a network. */
public record AttachmentName(String containerId, String interfaceName) {
  public static AttachmentName of(AttachmentRecord record) {
    return new AttachmentName(
        record.attachment().containerId(), record.attachment().interfaceName());
  }
}
