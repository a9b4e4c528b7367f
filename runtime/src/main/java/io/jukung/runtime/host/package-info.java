/**
 * What a pod has of its host besides processes: namespaces, network, /dev/shm and files in /etc.
 */
@NullMarked
package io.jukung.runtime.host;

import org.jspecify.annotations.NullMarked;
