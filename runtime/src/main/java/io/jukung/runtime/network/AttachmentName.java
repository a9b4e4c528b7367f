package io.jukung.runtime.network;

/** What makes an attachment the same one within a network. */
record AttachmentName(String containerId, String interfaceName) {
  static AttachmentName of(AttachmentRecord record) {
    return new AttachmentName(
        record.attachment().containerId(), record.attachment().interfaceName());
  }
}
