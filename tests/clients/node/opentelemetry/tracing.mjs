import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK(); // reads the variables
sdk.start();
process.once('beforeExit', () => sdk.shutdown()); // sends what still waits
