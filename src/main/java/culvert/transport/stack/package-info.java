/** Combines transports as the settings require, one inside the other. */
package culvert.transport.stack;
